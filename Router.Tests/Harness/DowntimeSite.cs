using Router.Modes;

namespace Router.Tests.Harness;

/// <summary>Two Routers on one store, a backend, and a directory for what a downtime keeps.</summary>
internal sealed class DowntimeSite : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-downtime-").FullName;
    private readonly RedisServer? _redis;
    private readonly HttpClient _client = new(ClientHandler.Create()) { Timeout = Deadlines.Limit };
    private readonly List<DowntimeTool> _tools = [];

    private DowntimeSite(RedisServer? redis) => _redis = redis;

    public WireMockBackend Backend { get; } = WireMockBackend.RespondingText("ok");

    public RunningRouter One { get; private set; } = null!;

    public RunningRouter Two { get; private set; } = null!;

    /// <summary>Where a downtime keeps its progress.</summary>
    public string State => Path.Combine(_directory, "state");

    public static async Task<DowntimeSite> StartAsync(bool redis = false)
    {
        var site = new DowntimeSite(redis ? await FirstRecord.StartRedisAsync(new LiveMode()) : null);
        try
        {
            var file = OperatorClient
                .With(new SiteFile())
                .Frontend("www", site.Backend.Address)
                .Host("www.*", "www")
                .Set("Backends:www:WriteSettleTime", "1s")
                .Set("ModeStore:HeartbeatExpiry", "3s")
                .Set("ModeStore:ActivationDelay", "500ms")
                .Set("AccessLog", "false");
            if (!redis)
                await File.WriteAllTextAsync(site.FileOf("mode.json"), FirstRecord.Of(new LiveMode()));
            _ = redis ? file.Set("ModeStore:Redis", site._redis!.Url) : file.Set("ModeStore:File", site.FileOf("mode.json"));
            site.One = await RunningRouter.StartAsync(file.Set("Instance", "router-1"));
            site.Two = await RunningRouter.StartAsync(file.Set("Instance", "router-2"));
            using var operators = new OperatorClient(site.One);
            await Eventually.TrueAsync(async () =>
                (await operators.SendAsync("GET", "/fleet?expect=2")).Body["verdict"]!
                    .ToString()
                    .Contains("OPEN on all 2", StringComparison.Ordinal)
            );
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>A file of the test.</summary>
    public string FileOf(string name) => Path.Combine(_directory, name);

    /// <summary>Starts the tool as a process, with two instances expected unless the options say otherwise.</summary>
    public DowntimeTool Downtime(params IEnumerable<string> arguments) => DowntimeAt(One, State, arguments);

    /// <summary>Starts it against one of the instances, with another directory for its progress.</summary>
    public DowntimeTool DowntimeAt(RunningRouter router, string state, params IEnumerable<string> arguments)
    {
        var tool = DowntimeTool.Start(router.ManagementUrl, Options(state, arguments));
        _tools.Add(tool);
        return tool;
    }

    /// <summary>
    /// Runs it to its end within the test's process. Its command has the standard streams of that process: it must be a
    /// <see cref="QuietCommand"/>.
    /// </summary>
    public async Task<(int Code, string Output)> RunAsync(params IEnumerable<string> arguments)
    {
        var (code, output, errors) = await Tool.RunAsync(One.ManagementUrl, ["downtime", .. Options(State, arguments)]);
        return (code, output + errors);
    }

    /// <summary>What a visitor gets.</summary>
    public async Task<int> VisitAsync(string method = "GET", RunningRouter? router = null, string? token = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{(router ?? One).Endpoint}/");
        request.Headers.Host = "www.example.org";
        if (token is not null)
            request.Headers.Add("X-Router-Bypass", token);
        using var response = await _client.SendAsync(request);
        return (int)response.StatusCode;
    }

    /// <summary>The token of a new bypass.</summary>
    public async Task<string> BypassAsync()
    {
        using var operators = new OperatorClient(One.ManagementUrl);
        return (await operators.SendAsync("POST", "/bypass", "{}")).Body["token"]!.GetValue<string>();
    }

    /// <summary>How often the command has run, as it says itself.</summary>
    public int Runs => File.Exists(FileOf("runs")) ? File.ReadAllLines(FileOf("runs")).Length : 0;

    /// <summary>What <see cref="Command"/> prints when it runs, which is in no line of the tool.</summary>
    public const string Running = "command runs";

    /// <summary>A command that counts its runs and says so.</summary>
    public string[] Command(string script) => QuietCommand($"printf 'command %s\\n' runs; {script}");

    /// <summary>A command that counts its runs and prints nothing.</summary>
    public string[] QuietCommand(string script) => ["--", "sh", "-c", $"echo run >> '{FileOf("runs")}'; {script}"];

    public async ValueTask DisposeAsync()
    {
        foreach (var tool in _tools)
            tool.Dispose();
        foreach (var router in new[] { One, Two })
        {
            if (router is not null)
                await router.DisposeAsync();
        }

        if (_redis is not null)
            await _redis.DisposeAsync();
        await Backend.DisposeAsync();
        _client.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string[] Options(string state, IEnumerable<string> arguments)
    {
        string[] given = [.. arguments];
        string[] expected = given.Contains("--expect") || given.Contains("--resume") ? [] : ["--expect", "2"];
        return ["--state", state, .. expected, .. given];
    }
}
