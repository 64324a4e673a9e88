using System.Globalization;

namespace Router.Bench;

/// <summary>What CI checks: that a request has become no dearer, by the bytes that it allocates and by its ratio to YARP.</summary>
internal static class Guard
{
    // Times are noisy: the target is 0.65, and this is beyond what noise does. Until it is reached the ratio may not leave what is recorded
    // by as much.
    private const double MostToYarp = 0.8;
    private const double Noise = MostToYarp / 0.65;
    private const double MostGrowth = 1.1;
    private const string ToYarp = "toYarp";

    private static string RecordOf(BenchOptions options) => Path.Combine(options.Repository, "deploy/bench/cost.json");

    private static async Task<double> ToYarpAsync(Lab lab)
    {
        var result = BenchResult.Of(lab.Options);
        await LoadExperiment.PeersAsync(lab, result, LoadCase.Small, Contestants.Yarp, Contestants.Router);
        Console.Write(Report.Details(result, LoadCase.Small.Name));
        return result.Ratio(LoadCase.Small.Name, Figure.Cpu, Contestants.Router, Contestants.Yarp)!.Value;
    }

    /// <summary>Writes down what is so now.</summary>
    public static async Task RecordAsync(Lab lab)
    {
        var figures = await Allocation.MeasureAsync(lab);
        figures[ToYarp] = Math.Round(await ToYarpAsync(lab), 2);
        Allocation.Write(RecordOf(lab.Options), figures);
    }

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

        Check("small answer: CPU, to YARP", await ToYarpAsync(lab), Math.Max(MostToYarp, Math.Round(recorded[ToYarp] * Noise, 2)));
        return holds;

        void Check(string title, double ratio, double limit)
        {
            holds &= ratio <= limit;
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{(ratio <= limit ? "PASS" : "FAIL")} {title}: {ratio:F2}, at most {limit}")
            );
        }
    }
}
