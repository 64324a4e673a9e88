using System.Globalization;

namespace Router.Bench;

/// <summary>
/// What CI checks: that a request has become no dearer, by the bytes that it allocates and by its ratio to nginx at equal work.
/// </summary>
internal static class Guard
{
    // The target. Until it is reached, the ratio must not exceed the recorded one. Times are noisy: a fifth is more than noise explains.
    private const double MaxToNginx = 1.1;
    private const double Noise = 1.2;
    private const double MaxGrowth = 1.1;

    // The ratio of one binary was 1.64 and 1.76 within minutes of each other, on a machine with busy neighbours.
    private const int Attempts = 3;
    private const string ToNginx = "toNginxEqual";

    private static string RecordOf(BenchOptions options) => Path.Combine(options.Repository, "deploy/bench/cost.json");

    private static async Task<double> ToNginxAsync(Lab lab)
    {
        var result = BenchResult.Of(lab.Options);
        await LoadExperiment.PeersAsync(lab, result, LoadCase.Small, Contestants.NginxEqual, Contestants.Router);
        Console.Write(Report.Details(result, LoadCase.Small.Name));
        return result.Ratio(LoadCase.Small.Name, Figure.Cpu, Contestants.Router, Contestants.NginxEqual)!.Value;
    }

    /// <summary>Writes down what is so now.</summary>
    public static async Task RecordAsync(Lab lab)
    {
        var figures = await Allocation.MeasureAsync(lab);
        figures[ToNginx] = Math.Round(await ToNginxAsync(lab), 2);
        Allocation.Write(RecordOf(lab.Options), figures);
    }

    /// <summary>Prints a line for each check, and whether all is well.</summary>
    public static async Task<bool> HoldsAsync(Lab lab)
    {
        var holds = true;
        var recorded = Allocation.Read(RecordOf(lab.Options));
        foreach (var (name, bytes) in await Allocation.MeasureAsync(lab))
        {
            Check($"{name}: {bytes} bytes allocated for a request, recorded {recorded[name]}", bytes / recorded[name], MaxGrowth);
            if (bytes * MaxGrowth < recorded[name])
                Console.WriteLine("     It has become less: deploy/bench/run --record holds it there.");
        }

        var limit = Math.Round(Math.Max(MaxToNginx, recorded[ToNginx]) * Noise, 2);
        var lowest = double.MaxValue;
        for (var attempt = 0; attempt < Attempts && lowest > limit; attempt++)
            lowest = Math.Min(lowest, await ToNginxAsync(lab));
        Check("small response: CPU, to nginx at equal work", lowest, limit);
        return holds;

        void Check(string title, double ratio, double most)
        {
            holds &= ratio <= most;
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{(ratio <= most ? "PASS" : "FAIL")} {title}: {ratio:F2}, at most {most}")
            );
        }
    }
}
