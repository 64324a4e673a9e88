using System.Diagnostics;

namespace Router.Tests.Harness;

/// <summary>Runs a program to its end.</summary>
internal static class Script
{
    /// <summary>The repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file of <c>deploy</c>.</summary>
    public static string Deploy(string path) => Path.Combine(Root, "deploy", path);

    /// <summary>Runs one with these arguments, and with this environment besides that of the tests.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsync(
        string program,
        IEnumerable<string> arguments,
        params IEnumerable<(string Name, string Value)> environment
    )
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return RunAsync(start);
    }

    public static async Task<(int Code, string Output, string Errors)> RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var texts = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        var both = await texts;
        return (process.ExitCode, both[0], both[1]);
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "global.json")))
            directory = directory.Parent!;
        return directory.FullName;
    }
}
