using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Router.Cli;
using Router.Configuration;

namespace Router.Tests.Harness;

/// <summary>
/// The operator's tool: its command line is invoked within this process, where it needs no tenth of the time that a process takes to start.
/// </summary>
internal sealed class Tool
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private Tool((string Name, string Value)[] variables, string[] arguments) => Done = InvokeAsync(variables, arguments);

    /// <summary>Its exit code, and all that it has printed.</summary>
    public Task<(int Code, string Output, string Errors)> Done { get; }

    public static Tool Start(string url, params string[] arguments) => new([("ROUTER_URL", url)], arguments);

    /// <summary>Runs it to its end.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsync(string url, params IEnumerable<string> arguments) =>
        Start(url, [.. arguments]).Done;

    /// <summary>The same, with a secret in its environment.</summary>
    public static Task<(int Code, string Output, string Errors)> RunWithTokenAsync(string url, string token, params string[] arguments) =>
        new Tool([("ROUTER_URL", url), ("ROUTER_TOKEN", token)], arguments).Done;

    /// <summary>The same, with no address in its environment.</summary>
    public static Task<(int Code, string Output, string Errors)> RunWithoutUrlAsync(params string[] arguments) =>
        RunWithAsync([], arguments);

    /// <summary>The same, with these variables in its environment.</summary>
    public static Task<(int Code, string Output, string Errors)> RunWithAsync(
        (string Name, string Value)[] variables,
        params string[] arguments
    ) => new Tool(variables, arguments).Done;

    /// <summary>How it is run as a process of its own, with these variables beside those of the tests.</summary>
    public static ProcessStartInfo Process((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = RouterProcess.Start();
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
    }

    /// <summary>Waits until it prints a line that has these words; the lines before it are passed over.</summary>
    public async Task LineAsync(string words)
    {
        while (!(await _lines.Reader.ReadAsync().InTime()).Contains(words, StringComparison.Ordinal)) { }
    }

    private async Task<(int Code, string Output, string Errors)> InvokeAsync((string Name, string Value)[] variables, string[] arguments)
    {
        using var output = new Lines(_lines.Writer);
        using var errors = new StringWriter(CultureInfo.InvariantCulture);
        var context = new ToolContext
        {
            Output = OperatorConsole.Visible(output),
            Error = OperatorConsole.Visible(errors),
            Variables = new([
                .. EnvironmentVariables
                    .OfProcess()
                    .All.Where(variable => !RouterProcess.IsOwnVariable(variable.Key))
                    .Select(variable => (variable.Key, variable.Value)),
                .. variables,
            ]),
        };
        var code = await Task.Run(() => RouterCommand.InvokeAsync(arguments, context)).WaitAsync(Limit);
        return (code, output.ToString(), errors.ToString());
    }

    /// <summary>What is written: all of it, and each line when it is complete.</summary>
    private sealed class Lines(ChannelWriter<string> lines) : StringWriter(CultureInfo.InvariantCulture)
    {
        private int _taken;

        public override void Write(string? value)
        {
            base.Write(value);
            var text = GetStringBuilder();
            for (var i = text.Length - (value?.Length ?? 0); i < text.Length; i++)
            {
                if (text[i] != '\n')
                    continue;
                lines.TryWrite(text.ToString(_taken, i - _taken));
                _taken = i + 1;
            }
        }
    }
}
