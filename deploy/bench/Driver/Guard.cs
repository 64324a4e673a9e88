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

    // What else a machine does only adds to what is measured: after a failure it is measured again, and the smallest of all is taken.
    private const int Attempts = 3;

    private static readonly string[] Peers = [Contestants.NginxEqual, Contestants.Yarp];

    private static string RecordOf(BenchOptions options) => Path.Combine(options.Repository, "deploy/bench/cost.json");

    /// <summary>Writes down what a request costs now.</summary>
    public static async Task RecordAsync(Lab lab) =>
        new Cost(
            await Allocation.MeasureAsync(lab),
            (await Instructions.CountAsync(lab)).ToDictionary(count => count.Case, count => count.Instructions),
            (await ToPeersAsync(lab, BenchResult.Of(lab.Options))).ToDictionary(one => one.Key, one => Math.Round(one.Value, 2))
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
            foreach (var (name, instructions) in await CountAsync(lab, recorded.Instructions))
            {
                var was = recorded.Instructions[name];
                Check($"{name}: {instructions} instructions for a request, recorded {was}", instructions / was, MaxInstructions);
            }
        }

        var (ratios, growth) = await CompareAsync(lab, recorded.Cpu);
        var title = string.Join(", ", ratios.Select(one => $"{Number(one.Value)} of {one.Key}, recorded {Number(recorded.Cpu[one.Key])}"));
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

    private static async Task<Dictionary<string, double>> CountAsync(Lab lab, Dictionary<string, double> recorded)
    {
        var fewest = new Dictionary<string, double>();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            foreach (var (name, instructions, _) in await Instructions.CountAsync(lab))
                fewest[name] = Math.Min(instructions, fewest.GetValueOrDefault(name, double.MaxValue));
            if (fewest.All(one => one.Value / recorded[one.Key] <= MaxInstructions))
                break;
        }

        return fewest;
    }

    // The ratio to each peer, and the smallest growth of them. On a machine with slower caches the ratio to nginx, half of whose time is
    // the kernel's, grows by a quarter without a change of Router, and the ratio to YARP hardly. What makes Router dearer raises both.
    private static async Task<(Dictionary<string, double> Ratios, double Growth)> CompareAsync(Lab lab, Dictionary<string, double> recorded)
    {
        var result = BenchResult.Of(lab.Options);
        var ratios = new Dictionary<string, double>();
        var growth = double.MaxValue;
        for (var attempt = 0; attempt < Attempts && growth > MaxCpu; attempt++)
        {
            ratios = await ToPeersAsync(lab, result);
            growth = ratios.Min(one => one.Value / recorded[one.Key]);
        }

        Console.WriteLine(result.Machine);
        Console.Write(Report.Details(result, LoadCase.Small.Name));
        return (ratios, growth);
    }

    // Of each the round that was disturbed least: beside two busy programs the median ratio to YARP was 0.72 and 0.92 within minutes.
    private static async Task<Dictionary<string, double>> ToPeersAsync(Lab lab, BenchResult result)
    {
        await LoadExperiment.PeersAsync(lab, result, LoadCase.Small, [.. Peers, Contestants.Router]);
        return Peers.ToDictionary(peer => peer, peer => Cpu(Contestants.Router) / Cpu(peer));

        double Cpu(string contestant) => result.Smallest(LoadCase.Small.Name, contestant, Figure.Cpu)!.Value;
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
