using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Router.Bench;
using Router.Bench.Training;

[assembly: SupportedOSPlatform("linux")]

try
{
    var options = BenchOptions.Parse(args);
    if (options.Readme)
    {
        ReadmeSection.Write(Path.Combine(options.Repository, "deploy/bench/README.md"), Report.Summary(BenchResult.Read(options.Json)));
        return 0;
    }

    using var lab = await Lab.OpenAsync(options);
    // What was started must not outlive a run that is broken off.
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => lab.Dispose());
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => lab.Dispose());
    try
    {
        return await RunAsync(lab, options);
    }
    catch (BenchException exception)
    {
        lab.KeepsLogs = true;
        Console.Error.WriteLine($"{exception.Message}. The servers' logs: {lab.Directory}/*/server.log");
        return 2;
    }
}
catch (BenchException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}

static async Task<int> RunAsync(Lab lab, BenchOptions options)
{
    if (options.Trainee is { } trainee)
    {
        await Trainer.TrainAsync(lab, trainee);
        return 0;
    }

    if (options.Instructions)
    {
        foreach (var (name, instructions, dump) in await Instructions.CountAsync(lab))
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name, -8} {instructions, 9:N0} instructions for a request; "
                        + $"by function: callgrind_annotate {Path.GetRelativePath(".", dump)}"
                )
            );
        }

        return 0;
    }

    if (options.Guard)
        return await Guard.HoldsAsync(lab) ? 0 : 1;
    if (options.Record)
    {
        await Guard.RecordAsync(lab);
        return 0;
    }

    var result = BenchResult.Of(options);
    foreach (var name in options.Cases)
    {
        await Experiments.All[name](lab, result);
        Console.WriteLine(Report.Details(result, name));
        // After each case, so that a long run that fails has not been in vain.
        result.Write(options.Json);
    }

    Console.WriteLine(Report.Targets(result));
    return 0;
}
