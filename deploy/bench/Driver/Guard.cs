using System.Globalization;

namespace Router.Bench;

/// <summary>What CI checks: that a request has become no dearer, by the bytes that it allocates and by its ratio to YARP.</summary>
internal static class Guard
{
    // Times are noisy: the target is 0.65, and this is beyond what noise does.
    private const double MostToYarp = 0.8;
    private const double MostGrowth = 1.1;

    /// <summary>Where the bytes are recorded.</summary>
    public static string RecordOf(BenchOptions options) => Path.Combine(options.Repository, "deploy/bench/allocation.json");

    /// <summary>Prints a line for each check, and whether all is well.</summary>
    public static async Task<bool> HoldsAsync(Lab lab)
    {
        var holds = true;
        var recorded = Allocation.Read(RecordOf(lab.Options));
        foreach (var (name, bytes) in await Allocation.MeasureAsync(lab))
        {
            Check($"{name}: {bytes} bytes allocated for a request, recorded {recorded[name]}", bytes / recorded[name], MostGrowth);
            if (bytes * MostGrowth < recorded[name])
                Console.WriteLine("     It has become less: deploy/bench/run --record holds it there.");
        }

        var result = BenchResult.Of(lab.Options);
        await LoadExperiment.PeersAsync(lab, result, LoadCase.Small, Contestants.Yarp, Contestants.Router);
        Console.Write(Report.Details(result, LoadCase.Small.Name));
        Check("small answer: CPU, to YARP", result.Ratio(LoadCase.Small.Name, Figure.Cpu, Contestants.Router, Contestants.Yarp)!.Value, MostToYarp);
        return holds;

        void Check(string title, double ratio, double limit)
        {
            holds &= ratio <= limit;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(ratio <= limit ? "PASS" : "FAIL")} {title}: {ratio:F2}, at most {limit}"));
        }
    }
}
