using System.Diagnostics;

namespace Router.Tests.Harness;

/// <summary>The operator's tool, as a process of its own.</summary>
internal static class Tool
{
    public static async Task<(int Code, string Output, string Errors)> RunAsync(string url, params string[] arguments)
    {
        var start = RouterProcess.Start();
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["ROUTER_URL"] = url;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().InTime();
        return (process.ExitCode, await output, await errors);
    }
}
