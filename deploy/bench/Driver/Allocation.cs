using System.Globalization;

namespace Router.Bench;

/// <summary>
/// The bytes that Router allocates for a forwarded request: what its own metric says before and after some seconds of load. They hardly
/// differ between machines and runs, so they show what a noisy machine hides.
/// </summary>
internal static class Allocation
{
    private const string Metric = "dotnet_gc_heap_total_allocated_bytes_total";

    // Without bodies of any size: in how many pieces those arrive is the machine's doing.
    private static readonly LoadCase[] Cases = [LoadCase.Small, LoadCase.Page];

    /// <summary>Bytes for a request of each case.</summary>
    public static async Task<Dictionary<string, double>> MeasureAsync(Lab lab)
    {
        var router = await lab.Start(Contestants.Router).ListensAsync();
        using var client = new HttpClient();
        var bytes = new Dictionary<string, double>();
        foreach (var load in Cases)
        {
            await Wrk.RunAsync(lab, Contestants.Router, router.Port, load, 2);
            var before = await AllocatedAsync(client, router.Port);
            var seen = await Wrk.RunAsync(lab, Contestants.Router, router.Port, load, 3);
            var allocated = await AllocatedAsync(client, router.Port) - before;
            if (allocated <= 0)
                throw new BenchException($"{load.Name}: {Metric} has not grown during {seen}");
            bytes[load.Name] = Math.Round(allocated / (seen.Requests + lab.Options.Connections / 2.0));
        }

        lab.Stop([router]);
        return bytes;
    }

    // The host is the address, which no route has, so the path is Router's own.
    private static async Task<double> AllocatedAsync(HttpClient client, int port)
    {
        var text = await client.GetStringAsync($"http://127.0.0.1:{port}/_metrics");
        var line =
            text.Split('\n').FirstOrDefault(line => line.StartsWith(Metric, StringComparison.Ordinal))
            ?? throw new BenchException($"/_metrics has no {Metric}");
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
