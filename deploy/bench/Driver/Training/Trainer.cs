namespace Router.Bench.Training;

/// <summary>
/// Makes the profile by which Router is compiled ahead of time: which way each branch mostly goes, and which types come by. It runs Router
/// on the just-in-time compiler, whose instrumented code counts all that, under the loads of the benchmark.
/// </summary>
internal static class Trainer
{
    // What is passed less often is of the start, and would only make the profile large.
    private const int Often = 1000;
    private const int Seconds = 4;

    private static readonly LoadCase[] Open = [LoadCase.Small, LoadCase.Page, LoadCase.Download, LoadCase.Upload];

    private static readonly Dictionary<string, string> Instrumented = new()
    {
        ["DOTNET_TieredPGO"] = "1",
        ["DOTNET_WritePGOData"] = "1",
        // The framework comes compiled already, and would not be counted in.
        ["DOTNET_ReadyToRun"] = "0",
        ["DOTNET_TieredPGO_InstrumentOnlyHotCode"] = "0",
        // Counted from beginning to end: code that is compiled anew counts no more.
        ["DOTNET_TC_CallCounting"] = "0",
    };

    public static async Task TrainAsync(Lab lab, string trainee)
    {
        var methods = new Dictionary<(string Name, string Signature, int Size), ProfiledMethod>();
        foreach (
            var (scheme, mode, loads) in ((string, string, LoadCase[])[])
                [("http", "live", Open), ("https", "live", [LoadCase.Https]), ("http", "maintenance", [LoadCase.Closed])]
        )
        {
            foreach (var method in await CountAsync(lab, trainee, scheme, mode, loads))
            {
                var key = (method.Name, method.Signature, method.Size);
                if (method.Max >= Often && (!methods.TryGetValue(key, out var other) || other.Max < method.Max))
                    methods[key] = method;
            }
        }

        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var version = Path.GetFileName(framework);
        var writer = new ProfileWriter(
            new CodeIndex(Path.GetDirectoryName(trainee)!, framework, Path.Combine(framework, "../../Microsoft.AspNetCore.App", version))
        );
        var written = methods
            .Values.OrderBy(method => method.Name, StringComparer.Ordinal)
            .ThenBy(method => method.Signature, StringComparer.Ordinal)
            .Count(writer.TryAdd);
        if (written < methods.Count / 2)
            throw new BenchException(
                $"of {methods.Count} methods only {written} were found in the assemblies: has the form of the runtime's profile changed?"
            );
        var file = Path.Combine(lab.Options.Repository, "Router/router.mibc");
        writer.Save(file);
        Console.WriteLine($"{file}: {written} methods of {methods.Count} that were passed {Often} times, .NET {version}");
    }

    private static async Task<List<ProfiledMethod>> CountAsync(Lab lab, string trainee, string scheme, string mode, LoadCase[] loads)
    {
        var file = Path.Combine(lab.Directory, "profile.txt");
        File.Delete(file);
        var router = await PublishedRouter
            .Start(lab, trainee, scheme, mode, new Dictionary<string, string>(Instrumented) { ["DOTNET_PGODataPath"] = file })
            .ListensAsync();
        foreach (var load in loads)
            await Wrk.RunAsync(lab, Contestants.Router, router.Port, load, Seconds);
        // It writes when it ends.
        lab.Stop([router]);
        return File.Exists(file) ? [.. ProfileText.Read(file)] : throw new BenchException("the runtime has written no profile");
    }
}
