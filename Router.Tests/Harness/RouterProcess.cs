using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Router.Tests.Harness;

/// <summary>
/// An instance as a process of its own: the published application where <c>ROUTER_BINARY</c> names it (as <c>.ci/run</c> does), else what
/// these tests were built with. It can be killed, and started again on the same ports.
/// </summary>
internal sealed class RouterProcess : IInstance
{
    private const int KeptLines = 40;
    private static readonly string? Binary = Environment.GetEnvironmentVariable("ROUTER_BINARY");

    private readonly string _directory = Directory.CreateTempSubdirectory("router-process-").FullName;
    private readonly Func<RouterProcess, Task<ProcessStartInfo>> _start;
    private readonly (ReservedPort Clients, ReservedPort Operators) _ports = (new(), new());
    private readonly ConcurrentQueue<string> _lastLines = [];
    private Channel<string> _log = Channel.CreateUnbounded<string>();
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    private RouterProcess(Func<RouterProcess, Task<ProcessStartInfo>> start) => _start = start;

    public IPEndPoint Endpoint => _ports.Clients.Endpoint;

    public string ManagementUrl => $"http://{_ports.Operators.Endpoint}";

    public IEnumerable<string> LastLines => _lastLines;

    /// <summary>Whether it is the published application.</summary>
    public static bool IsPublished => Binary is not null;

    /// <summary>How the application is run, with nothing of this process's own settings.</summary>
    public static ProcessStartInfo Start()
    {
        var start = Binary is not null
            ? new ProcessStartInfo(Binary)
            : new ProcessStartInfo(
                Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet"
            )
            {
                ArgumentList = { Path.Combine(AppContext.BaseDirectory, "router.dll") },
            };
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        foreach (var name in start.Environment.Keys.Where(IsOwnVariable).ToArray())
            start.Environment.Remove(name);
        if (IsPublished)
            return start;
        // Compiling methods again, better, would take a quarter of the processor time of a process that lives for seconds; a heap per
        // processor, and a thread that collects beside the others, a tenth of its start; mapping compiled code twice, a twelfth.
        foreach (var setting in (string[])["TieredPGO", "TC_CallCounting", "gcServer", "gcConcurrent", "EnableWriteXorExecute"])
            start.Environment[$"DOTNET_{setting}"] = "0";
        return start;
    }

    /// <summary>Whether a variable of this process would configure Router.</summary>
    public static bool IsOwnVariable(string name) =>
        name.StartsWith("ROUTER", StringComparison.OrdinalIgnoreCase)
        || name is "DM_MODE" or "PORT"
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal);

    /// <summary>Its configuration file.</summary>
    public string File => Path.Combine(_directory, "site.json");

    /// <summary>Starts one with a site of its own and waits until it listens.</summary>
    public static Task<RouterProcess> StartAsync(SiteFile site, string mode = "live") => StartAsync(site, [], [], mode);

    /// <summary>Starts one through another program, such as <c>unshare</c>, and with these variables.</summary>
    public static Task<RouterProcess> StartAsync(
        SiteFile site,
        string[] through,
        (string Name, string Value)[] environment,
        string mode = "live"
    )
    {
        var json = JsonNode.Parse(site.ToString())!;
        return RunNewAsync(new RouterProcess(async router => Through(through, await router.StartWithAsync(json, mode, environment))));
    }

    /// <summary>Ends it as a machine that fails ends it, and starts it again.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAgainAsync();
    }

    /// <summary>Ends it as a machine that fails ends it.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync().InTime();
        await _reading;
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again, after it was killed, on the same ports.</summary>
    public Task StartAgainAsync() => RunAsync();

    /// <summary>Sends it a signal.</summary>
    public Task SignalAsync(string name) => Signals.SendAsync(_process!.Id, name);

    /// <summary>How much processor time it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The files that its memory maps, such as libraries.</summary>
    public IEnumerable<string> MappedFiles =>
        System
            .IO.File.ReadLines($"/proc/{_process!.Id.ToString(CultureInfo.InvariantCulture)}/maps")
            .Select(line => line.Split(' ')[^1])
            .Distinct();

    /// <summary>Sets how many files and sockets it may have open, while it runs.</summary>
    public async Task LimitOpenFilesAsync(int max) =>
        (await Script.RunAsync("prlimit", ["--pid", _process!.Id.ToString(CultureInfo.InvariantCulture), $"--nofile={max}:"]))
            .Code.Should()
            .Be(0);

    /// <summary>Waits for its end and gives the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await _process!.WaitForExitAsync().InTime();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _ports.Clients.Dispose();
        _ports.Operators.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static ProcessStartInfo Through(string[] through, ProcessStartInfo start)
    {
        if (through is not [var program, .. var arguments])
            return start;
        string[] own = [.. arguments, start.FileName, .. start.ArgumentList];
        start.FileName = program;
        start.ArgumentList.Clear();
        foreach (var argument in own)
            start.ArgumentList.Add(argument);
        return start;
    }

    private async Task<ProcessStartInfo> StartWithAsync(JsonNode site, string mode, (string Name, string Value)[] environment)
    {
        site["Router"]!["Management"]!["Url"] = ManagementUrl;
        site["Router"]!["Variables"] = new JsonObject { ["DM_MODE"] = "Mode" };
        await System.IO.File.WriteAllTextAsync(File, site.ToJsonString());
        var start = Start();
        foreach (var argument in (string[])["--urls", $"http://{Endpoint}", "--config", File])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in ((string, string)[])[("DM_MODE", mode), .. environment])
            start.Environment[name] = value;
        return start;
    }

    // One that does not listen in time is nobody's to end, and must not stay.
    private static async Task<RouterProcess> RunNewAsync(RouterProcess router)
    {
        try
        {
            await router.RunAsync();
            return router;
        }
        catch
        {
            await router.DisposeAsync();
            throw;
        }
    }

    private async Task RunAsync()
    {
        // A child process inherits ignored signals, for example if the tests were started with nohup; env resets them.
        _process = Process.Start(Through(["env", "--default-signal"], await _start(this)))!;
        _log = Channel.CreateUnbounded<string>();
        _reading = Task.WhenAll(
            _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null),
            ReadLogAsync(_process.StandardError, _log.Writer)
        );
        await LineAsync("Router listens on ");
    }

    private async Task ReadLogAsync(StreamReader lines, ChannelWriter<string> log)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            log.TryWrite(line);
            _lastLines.Enqueue(line);
            while (_lastLines.Count > KeptLines)
                _lastLines.TryDequeue(out _);
        }

        log.Complete();
    }

    /// <summary>Waits for the next line of its log that has these words.</summary>
    public async Task<string> LineAsync(string words)
    {
        var log = _log.Reader;
        while (await log.WaitToReadAsync().InTime())
        {
            var line = await log.ReadAsync();
            if (line.Contains(words, StringComparison.Ordinal))
                return line;
        }

        throw new InvalidOperationException($"Router has ended instead of: {words}\n{string.Join('\n', _lastLines)}");
    }
}
