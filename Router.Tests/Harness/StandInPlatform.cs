using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Router.Tests.Harness;

/// <summary>
/// A platform like Cloud Foundry, as far as <c>deploy-app</c> asks it: a <c>cf</c> that notes what it is asked and does it, applications
/// that are Routers with the manifest's environment, and in front of them the platform's own router, which sends each request by its host
/// to one of the applications that have the route.
/// </summary>
internal sealed partial class StandInPlatform : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-platform-").FullName;
    private readonly ConcurrentDictionary<string, StandInApplication> _applications = new();
    private readonly Lock _lock = new();
    private readonly Random _random = new(7);
    private readonly List<(string Host, string Application)> _routes = [];
    private readonly RawBackend _switch;
    private readonly WebApplication _control;

    private StandInPlatform()
    {
        _switch = RawBackend.Start(SwitchAsync);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        _control = builder.Build();
        _control.Run(HandleAsync);
    }

    /// <summary>What <c>cf</c> was asked, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>A call of <c>cf</c> that begins with one of these fails.</summary>
    public IReadOnlyCollection<string> Fails { get; set; } = [];

    /// <summary>A signal that the calling script receives, once, when a call of <c>cf</c> that begins so has ended.</summary>
    public (string Name, string Call) Signal { get; set; }

    /// <summary>What is changed in the environment of the next application that is pushed.</summary>
    public Action<IDictionary<string, string?>>? Changes { get; set; }

    /// <summary>Whether an application is a process of its own; otherwise it is in the test's process, which costs a tenth.</summary>
    public bool StartsProcesses { get; set; }

    private string SignalFile => Path.Combine(_directory, "signal");

    /// <summary>Where the site is reached.</summary>
    public IPEndPoint Endpoint => IPEndPoint.Parse(_switch.Authority);

    /// <summary>The routes, as "host application".</summary>
    public IReadOnlyList<string> Routes
    {
        get
        {
            lock (_lock)
                return [.. _routes.Select(route => $"{route.Host} {route.Application}").Order()];
        }
    }

    /// <summary>The names of what runs.</summary>
    public IEnumerable<string> Applications => _applications.Keys.Order();

    /// <summary>How the processes of applications that were deleted have ended.</summary>
    public ConcurrentQueue<int> ExitCodes { get; } = [];

    public static async Task<StandInPlatform> StartAsync()
    {
        var platform = new StandInPlatform();
        await platform._control.StartAsync();
        var program = Path.Combine(platform._directory, "cf");
        // Without the settings by which the scripts' own curl is led to the switch.
        await File.WriteAllTextAsync(
            program,
            $"""
            #!/bin/sh
            for part in "$@"; do printf '%s\n' "$part"; done |
                curl -q --silent --show-error --fail-with-body --data-binary @- {platform._control.Urls.First()}/
            code=$?
            if [ -e '{platform.SignalFile}' ]; then
                kill -s "$(cat '{platform.SignalFile}')" "$PPID"
                rm '{platform.SignalFile}'
            fi
            exit $code
            """
        );
        await File.WriteAllTextAsync(Path.Combine(platform._directory, ".curlrc"), $"connect-to = \"::{platform._switch.Authority}\"\n");
        await File.WriteAllTextAsync(Path.Combine(platform._directory, "router"), "#!/bin/sh\n");
        foreach (var file in new[] { program, Path.Combine(platform._directory, "router") })
            Process.Start("chmod", ["+x", file]).WaitForExit();
        return platform;
    }

    /// <summary>Runs one of the deployment's scripts against it.</summary>
    public Task<(int Code, string Output, string Errors)> RunAsync(
        string script,
        IEnumerable<string> arguments,
        params IEnumerable<(string Name, string Value)> environment
    ) =>
        Script.RunAsync(
            Script.Deploy(script),
            arguments,
            [
                ("PATH", $"{_directory}:{Environment.GetEnvironmentVariable("PATH")}"),
                ("CURL_HOME", _directory),
                ("STATUS_SCHEME", "http"),
                ("APP_DIRECTORY", _directory),
                .. environment,
            ]
        );

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _applications.Keys)
            await DeleteAsync(name);
        await _control.DisposeAsync();
        await _switch.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var words = (await reader.ReadToEndAsync()).TrimEnd('\n').Split('\n');
        var line = string.Join(' ', words);
        Asked.Enqueue(line);
        var isBroken = Fails.Any(fails => line.StartsWith(fails, StringComparison.Ordinal));
        var output = isBroken ? null : await DoAsync(words);
        if (Signal is { Name: { } signal, Call: var call } && line.StartsWith(call, StringComparison.Ordinal))
        {
            Signal = default;
            await File.WriteAllTextAsync(SignalFile, signal);
        }

        var failure = words is ["app", var missing, "--guid"] && !isBroken ? $"App '{missing}' not found.\nFAILED" : $"FAILED {line}";
        context.Response.StatusCode = output is null ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;
        await context.Response.WriteAsync((output ?? failure) + "\n");
    }

    // What it prints; null where it fails.
    private async Task<string?> DoAsync(string[] words)
    {
        switch (words)
        {
            case ["app", var name, "--guid"]:
                return _applications.ContainsKey(name) ? "guid-of-" + name : null;
            case ["curl", _]:
                return """{"instances": 1}""";
            case ["push", var name, "-f", var manifest, "-p", _, "--no-route"]:
                Func<string, Action<IDictionary<string, string?>>?, Task<StandInApplication>> start = StartsProcesses
                    ? StandInApplication.StartProcessAsync
                    : StandInApplication.StartAsync;
                _applications[name] = await start(await File.ReadAllTextAsync(manifest), Changes);
                return "";
            case ["map-route", var name, var domain, "--hostname", var host] when _applications.ContainsKey(name):
                lock (_lock)
                {
                    if (!_routes.Contains(($"{host}.{domain}", name)))
                        _routes.Add(($"{host}.{domain}", name));
                }

                return "";
            case ["unmap-route", var name, var domain, "--hostname", var host]:
                lock (_lock)
                    _routes.Remove(($"{host}.{domain}", name));
                return "";
            case ["delete", var name, "-f"]:
                await DeleteAsync(name);
                return "";
            case ["rename", var name, var to] when _applications.TryRemove(name, out var application):
                _applications[to] = application;
                lock (_lock)
                {
                    for (var i = 0; i < _routes.Count; i++)
                        _routes[i] = _routes[i].Application == name ? (_routes[i].Host, to) : _routes[i];
                }

                return "";
            case ["logs", _, "--recent"]:
                return "the log of it";
            default:
                return null;
        }
    }

    private async Task DeleteAsync(string name)
    {
        lock (_lock)
            _routes.RemoveAll(route => route.Application == name);
        if (_applications.TryRemove(name, out var application) && await application.StopAsync() is { } code)
            ExitCodes.Enqueue(code);
    }

    // One request on each connection, whatever the client would like.
    private async Task SwitchAsync(RawConnection client)
    {
        var head = await client.ReadHeadAsync();
        var host = Host().Match(head).Groups[1].Value;
        StandInApplication? application = null;
        lock (_lock)
        {
            var names = _routes.Where(route => route.Host == host).Select(route => route.Application).ToArray();
            if (names is not [] && _applications.TryGetValue(names[_random.Next(names.Length)], out var found))
                application = found;
        }

        if (application is null)
        {
            await client.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            client.FinishWriting();
            return;
        }

        using var backend = await RawConnection.OpenAsync(application.Endpoint);
        await backend.WriteAsync(head.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal));
        await client.WriteAsync((await backend.ReadToEndAsync()).Text);
        client.FinishWriting();
    }

    [GeneratedRegex(@"^Host: ([^:\r\n]+)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Host();
}
