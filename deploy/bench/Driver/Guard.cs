using System.Globalization;
using System.Runtime.InteropServices;

namespace Router.Bench;

/// <summary>
/// What CI checks: that a request has become no dearer, by the bytes that it allocates, the instructions that it executes and its processor
/// time beside nginx and YARP.
/// </summary>
internal static class Guard
{
    private const double MaxBytes = 1.1;

    // Builds of the same code differ by up to 2.4 %.
    private const double MaxInstructions = 1.05;

    private const Architecture RecordedOn = Architecture.X64;

    // Times are noisy: a fifth is more than noise explains.
    private const double MaxCpu = 1.2;

    // The ratio to nginx of one binary was 1.64 and 1.76 within minutes of each other, on a machine with busy neighbours.
    private const int Attempts = 3;

    private static readonly string[] Peers = [Contestants.NginxEqual, Contestants.Yarp];

    private static string RecordOf(BenchOptions options) => Path.Combine(options.Repository, "deploy/bench/cost.json");

    /// <summary>Writes down what a request costs now.</summary>
    public static async Task RecordAsync(Lab lab) =>
        new Cost(
            await Allocation.MeasureAsync(lab),
            (await Instructions.CountAsync(lab)).ToDictionary(count => count.Case, count => count.Instructions),
            (await ToPeersAsync(lab)).ToDictionary(one => one.Key, one => Math.Round(one.Value, 2))
        ).Write(RecordOf(lab.Options));

    /// <summary>Prints a line for each check, and returns whether all of them passed.</summary>
    public static async Task<bool> HoldsAsync(Lab lab)
    {
        var holds = true;
        var recorded = Cost.Read(RecordOf(lab.Options));
        foreach (var (name, bytes) in await Allocation.MeasureAsync(lab))
            Check(
                $"{name}: {bytes} bytes allocated for a request, recorded {recorded.Bytes[name]}",
                bytes / recorded.Bytes[name],
                MaxBytes
            );
        if (RuntimeInformation.ProcessArchitecture == RecordedOn)
        {
            foreach (var (name, instructions, _) in await Instructions.CountAsync(lab))
            {
                var was = recorded.Instructions[name];
                Check($"{name}: {instructions} instructions for a request, recorded {was}", instructions / was, MaxInstructions);
            }
        }

        var title = "";
        var growth = double.MaxValue;
        for (var attempt = 0; attempt < Attempts && growth > MaxCpu; attempt++)
        {
            var ratios = await ToPeersAsync(lab);
            // On a machine with slower caches the ratio to nginx, half of whose time is the kernel's, grows by a quarter without a change
            // of Router, and the ratio to YARP hardly. What makes Router dearer raises both.
            if (ratios.Min(one => one.Value / recorded.Cpu[one.Key]) is var grown && grown >= growth)
                continue;
            growth = grown;
            title = string.Join(", ", ratios.Select(one => $"{Number(one.Value)} of {one.Key}, recorded {Number(recorded.Cpu[one.Key])}"));
        }

        Check($"small response: CPU {title}", growth, MaxCpu);
        return holds;

        void Check(string title, double ratio, double max)
        {
            holds &= ratio <= max;
            Console.WriteLine($"{(ratio <= max ? "PASS" : "FAIL")} {title}: {Number(ratio)}, at most {Number(max)}");
            if (ratio * max < 1)
                Console.WriteLine("     It has become less: deploy/bench/run --record holds it there.");
        }
    }

    private static async Task<Dictionary<string, double>> ToPeersAsync(Lab lab)
    {
        var result = BenchResult.Of(lab.Options);
        await LoadExperiment.PeersAsync(lab, result, LoadCase.Small, [.. Peers, Contestants.Router]);
        Console.Write(Report.Details(result, LoadCase.Small.Name));
        return Peers.ToDictionary(peer => peer, peer => result.Ratio(LoadCase.Small.Name, Figure.Cpu, Contestants.Router, peer)!.Value);
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
