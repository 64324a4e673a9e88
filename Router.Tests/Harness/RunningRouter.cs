using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Router.Configuration;
using Router.Hosting;
using Router.Management;
using Router.Serving;

namespace Router.Tests.Harness;

/// <summary>The real application on a real port, with a configuration file of its own, and clients that talk to it.</summary>
internal sealed class RunningRouter : IInstance
{
    private const int KeptLines = 40;
    private static readonly UriCreationOptions Raw = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly StartOptions _options;
    private readonly string _directory;
    private readonly string _file;
    private readonly HttpClient _client;
    private int _changes;

    private RunningRouter(StartOptions options, AccessLogLines accessLog, string directory, string file)
    {
        (_options, AccessLog, _directory, _file) = (options, accessLog, directory, file);
        var connections = ClientHandler.Create();
        (connections.AllowAutoRedirect, connections.UseCookies, connections.UseProxy) = (false, false, false);
        connections.ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(Endpoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        };
        _client = new HttpClient(connections) { Timeout = Deadlines.Limit };
    }

    public WebApplication App { get; private set; } = null!;

    /// <summary>What it goes by.</summary>
    public TimeProvider Clock => App.Services.GetRequiredService<TimeProvider>();

    public LogLines Log { get; } = new();

    public IEnumerable<string> LastLines => Log.Last(KeptLines);

    public AccessLogLines AccessLog { get; }

    public IPEndPoint Endpoint { get; private set; } = new(IPAddress.Loopback, 0);

    public string ManagementUrl => App.Services.GetRequiredService<ManagementServer>().Url!;

    /// <summary>Its configuration file.</summary>
    public string File => _file;

    /// <summary>The site in force.</summary>
    public Site Site => App.Services.GetRequiredService<CurrentSite>().Current;

    /// <summary>Starts it with a configuration file, in Production unless <c>ASPNETCORE_ENVIRONMENT</c> says otherwise.</summary>
    public static Task<RunningRouter> StartAsync(
        SiteFile site,
        TimeProvider? time = null,
        params (string Name, string Value)[] environment
    ) => StartAsync(site.ToString(), time, environment);

    /// <summary>The same with a configuration file that no <see cref="SiteFile"/> writes.</summary>
    public static Task<RunningRouter> StartAsync(JsonNode file, params (string Name, string Value)[] environment) =>
        StartAsync(file.ToJsonString(), null, environment);

    /// <summary>Starts it with a log that the test reads, or keeps from being read.</summary>
    public static Task<RunningRouter> StartAsync(SiteFile site, AccessLogLines log, TimeProvider? time = null) =>
        StartAsync(site.ToString(), time, [], log);

    /// <summary>Starts it with Router's own <c>appsettings.json</c>.</summary>
    public static Task<RunningRouter> StartWithItsOwnTableAsync(params (string Name, string Value)[] environment) =>
        StartAsync((string?)null, null, environment);

    /// <summary>The same by another clock.</summary>
    public static Task<RunningRouter> StartWithItsOwnTableAsync(TimeProvider time, params (string Name, string Value)[] environment) =>
        StartAsync((string?)null, time, environment);

    /// <summary>What the process would be started with.</summary>
    public static StartOptions Options(string? file, TimeProvider? time, params (string Name, string Value)[] environment) =>
        new()
        {
            Urls = "http://127.0.0.1:0",
            ConfigurationFile = file,
            // A site file says itself where it listens; Router's own table would have the default address, which is one for all tests.
            Management = file is null ? new ManagementSettings { Url = "http://127.0.0.1:0" } : null,
            Environment = new([("ASPNETCORE_ENVIRONMENT", "Production"), .. environment]),
            Time = time ?? TimeProvider.System,
        };

    public Task<Reply> GetAsync(string url, params (string Name, string Value)[] headers) => SendAsync("GET", url, headers: headers);

    /// <summary>Sends a request and reads the whole response. What follows the host is sent as it is.</summary>
    public async Task<Reply> SendAsync(string method, string url, HttpContent? body = null, params (string Name, string Value)[] headers)
    {
        using var response = await BeginAsync(method, url, body, headers);
        return await Reply.OfAsync(response);
    }

    /// <summary>Sends a request and gives the response when its headers are there.</summary>
    public Task<HttpResponseMessage> BeginAsync(
        string method,
        string url,
        HttpContent? body = null,
        params (string Name, string Value)[] headers
    )
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(url, Raw)) { Content = body };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
    }

    /// <summary>A connection for what no HTTP client sends.</summary>
    public Task<RawConnection> ConnectAsync() => RawConnection.OpenAsync(Endpoint);

    /// <summary>Sends bytes and reads one response.</summary>
    public async Task<RawMessage> SendRawAsync(string bytes, bool hasBody = true)
    {
        using var client = await ConnectAsync();
        await client.WriteAsync(bytes);
        return await client.ReadMessageAsync(hasBody) ?? throw new IOException("Router closed the connection without a response");
    }

    /// <summary>Rewrites the configuration file and waits until Router has put it in force.</summary>
    public async Task ReconfigureAsync(SiteFile site)
    {
        var release = $"change-{++_changes}";
        Replace(site.Set("Release", release).ToString());
        while (Site.Settings.Release != release)
            await Log.NextAsync("The configuration was reloaded");
    }

    /// <summary>
    /// Rewrites the configuration file with something that can't be, and waits until Router has refused it; gives what it says.
    /// </summary>
    public async Task<string> MisconfigureAsync(string text)
    {
        Replace(text);
        return await Log.NextAsync("is not valid; the running one remains in force");
    }

    /// <summary>Ends it and starts it again, on another port.</summary>
    public async Task RestartAsync()
    {
        await EndAsync();
        await RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await EndAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<RunningRouter> StartAsync(
        string? json,
        TimeProvider? time,
        (string Name, string Value)[] environment,
        Stream? log = null
    )
    {
        var directory = Directory.CreateTempSubdirectory("router-test-").FullName;
        var file = Path.Combine(directory, "site.json");
        if (json is not null)
            await System.IO.File.WriteAllTextAsync(file, json);
        try
        {
            var accessLog = new AccessLogLines();
            var options = Options(json is null ? null : file, time, environment) with { AccessLog = accessLog, Log = log };
            var router = new RunningRouter(options, accessLog, directory, file);
            await router.RunAsync();
            return router;
        }
        catch (InvalidConfigurationException)
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    private async Task RunAsync()
    {
        App = await RouterApplication.BuildAsync(_options);
        App.Services.GetRequiredService<ILoggerFactory>().AddProvider(Log);
        await App.StartAsync();
        Endpoint = new IPEndPoint(IPAddress.Loopback, new Uri(App.Urls.Single()).Port);
    }

    // What a test has left in flight is cut off, and not waited for.
    private async Task EndAsync()
    {
        await App.StopAsync(new CancellationToken(canceled: true));
        await App.DisposeAsync();
    }

    /// <summary>
    /// Replaces the configuration file in one step, as an operator's editor or a platform's mounted file does: a half-written file is never
    /// seen.
    /// </summary>
    public void Replace(string text)
    {
        System.IO.File.WriteAllText(_file + ".new", text);
        System.IO.File.Move(_file + ".new", _file, overwrite: true);
    }
}
