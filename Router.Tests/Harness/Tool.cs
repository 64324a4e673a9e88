using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace Router.Tests.Harness;

/// <summary>The operator's tool, as a process of its own.</summary>
internal sealed class Tool
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private int _id;

    private Tool((string Name, string Value)[] environment, string[] arguments) => Done = RunAsync(environment, arguments);

    /// <summary>Its exit code, and all that it has printed.</summary>
    public Task<(int Code, string Output, string Errors)> Done { get; }

    public static Tool Start(string url, params string[] arguments) => new([("ROUTER_URL", url)], arguments);

    /// <summary>Runs it to its end.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsync(string url, params IEnumerable<string> arguments) =>
        Start(url, [.. arguments]).Done;

    /// <summary>The same, with a secret in its environment.</summary>
    public static Task<(int Code, string Output, string Errors)> RunWithTokenAsync(string url, string token, params string[] arguments) =>
        RunWithAsync([("ROUTER_URL", url), ("ROUTER_TOKEN", token)], arguments);

    /// <summary>Runs it with exactly these variables beside those of the tests.</summary>
    public static Task<(int Code, string Output, string Errors)> RunWithAsync(
        (string Name, string Value)[] environment,
        params string[] arguments
    ) => new Tool(environment, arguments).Done;

    /// <summary>Waits until it prints a line that has these words; the lines before it are passed over.</summary>
    public async Task LineAsync(string words)
    {
        while (!(await _lines.Reader.ReadAsync().InTime()).Contains(words, StringComparison.Ordinal)) { }
    }

    /// <summary>Asks it to stop, as the platform and Ctrl+C do.</summary>
    public Task StopAsync() => Script.RunAsync("kill", ["-TERM", _id.ToString(CultureInfo.InvariantCulture)]);

    private async Task<(int Code, string Output, string Errors)> RunAsync((string Name, string Value)[] environment, string[] arguments)
    {
        var start = RouterProcess.Start();
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        _id = process.Id;
        var errors = process.StandardError.ReadToEndAsync();
        var output = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)) is { } line)
        {
            output.Append(line).Append('\n');
            _lines.Writer.TryWrite(line);
        }

        await process.WaitForExitAsync().InTime();
        return (process.ExitCode, output.ToString(), await errors);
    }
}
