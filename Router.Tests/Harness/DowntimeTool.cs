using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;

namespace Router.Tests.Harness;

/// <summary>
/// <c>router downtime</c> as a process of its own, in a session of its own as a terminal has one: what it and its command print comes in
/// one stream, and its standard input is the command's.
/// </summary>
internal sealed class DowntimeTool : IDisposable
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _all = [];
    private readonly Process _process;
    private readonly Task _reading;

    private DowntimeTool(Process process) => (_process, _reading) = (process, ReadAsync(process.StandardOutput));

    /// <summary>Everything that was printed so far.</summary>
    public string Output => string.Join('\n', _all);

    public static DowntimeTool Start(string url, params IEnumerable<string> arguments)
    {
        var router = RouterProcess.Start();
        // setsid, sh and env are replaced by the tool: the process keeps its id, which is that of its group too. A shell starts what is in
        // the background with SIGINT ignored, which would be inherited.
        var start = new ProcessStartInfo(
            "setsid",
            [
                "sh",
                "-c",
                "exec \"$@\" 2>&1",
                "sh",
                "env",
                "--default-signal",
                router.FileName,
                .. router.ArgumentList,
                "downtime",
                .. arguments,
            ]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var name in start.Environment.Keys.Except(router.Environment.Keys).ToArray())
            start.Environment.Remove(name);
        start.Environment["ROUTER_URL"] = url;
        return new DowntimeTool(Process.Start(start)!);
    }

    /// <summary>Waits until it, or its command, prints a line that has these words.</summary>
    public async Task LineAsync(string words)
    {
        while (!(await _lines.Reader.ReadAsync().InTime()).Contains(words, StringComparison.Ordinal)) { }
    }

    /// <summary>Types a line for the command.</summary>
    public async Task TypeAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Sends a signal to the tool and to its command, as a terminal does, or to the tool alone.</summary>
    public Task SignalAsync(string name, bool toAll) => SendAsync(name, toAll ? $"-{_process.Id}" : $"{_process.Id}");

    /// <summary>Kills the tool, and not its command.</summary>
    public Task KillAsync() => SignalAsync("KILL", toAll: false);

    /// <summary>Waits for its end and gives the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return _process.ExitCode;
    }

    /// <summary>Waits for its end, and for all that was printed.</summary>
    public async Task<(int Code, string Output)> DoneAsync()
    {
        await _reading.WaitAsync(TimeSpan.FromMinutes(2));
        return (await ExitAsync(), Output);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static async Task SendAsync(string name, string target) =>
        (await Script.RunAsync("kill", [$"-{name}", "--", target])).Code.Should().Be(0);

    private async Task ReadAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            _all.Enqueue(line);
            _lines.Writer.TryWrite(line);
        }

        _lines.Writer.Complete();
    }
}
