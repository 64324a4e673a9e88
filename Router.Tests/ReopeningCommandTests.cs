using System.Globalization;
using System.Text.Json.Nodes;
using Router.Modes;

namespace Router.Tests;

/// <summary>A reopening in stages as an operator does it: three instances on one store, clients throughout, and the tool.</summary>
public sealed class ReopeningCommandTests
{
    private static readonly string[] Stages =
    [
        "mode",
        "set",
        "live",
        "--stages",
        "20%,60%,100%",
        "--every",
        "1s",
        "--fall-back-above",
        "5%",
        "--at-least",
        "30",
        "--operator",
        "anna",
        "--expect",
        "3",
        "--wait",
    ];

    [Fact]
    public async Task Stages_with_a_mode_file_end_with_the_open_site()
    {
        using var file = new StoreFile();
        await using var site = await StagedSite.StartAsync("ModeStore:File", file.Path);

        var (code, output, errors) = await Tool.RunAsync(site.Url, Stages);

        code.Should().Be(0, output + errors);
        output.Should().Contain("stage 1 of 3 (20 %, 60 %, 100 %), 20 % of the clients").And.Contain("stage 2 of 3");
        output.TrimEnd().Should().EndWith("\nOPEN on all 3 instances");
        var history = (await Tool.RunAsync(site.Url, "mode", "history")).Output;
        history.Should().MatchRegex("set +reopening +live for 20 % of the clients.* by anna");
        history.Should().MatchRegex("stage +reopening +live for 60 % of the clients.* by router, 0 of [0-9]+ requests failed");
        history.Should().MatchRegex("stage +live +at .* by router, 0 of [0-9]+ requests failed");
    }

    [ProgramFact("redis-server", "redis-server")]
    public async Task A_backend_that_fails_in_stage_two_closes_the_site_again()
    {
        await using var redis = await FirstRecord.StartRedisAsync(new MaintenanceMode());
        await using var site = await StagedSite.StartAsync("ModeStore:Redis", redis.Url);
        var tool = Tool.Start(site.Url, Stages);
        await tool.LineAsync("stage 2 of 3");

        site.Breaks = true;

        var (code, output, errors) = await tool.Done;
        code.Should().Be(1, output + errors);
        output
            .Should()
            .MatchRegex("The reopening fell back to maintenance: stage 2 of 3, 60 % of the clients: [0-9]+ of [0-9]+ requests failed");
        var (_, shown, _) = await Tool.RunAsync(site.Url, "mode", "--wait", "--expect", "3");
        shown.TrimEnd().Should().EndWith("\nSAFE", "a fall-back is a closing like any other");
        (await Tool.RunAsync(site.Url, "mode")).Output.Should().MatchRegex("FELL BACK: +stage 2 of 3, 60 % of the clients");
        (await Tool.RunAsync(site.Url, "mode", "history"))
            .Output.Should()
            .MatchRegex("fallback +maintenance +.*by router, stage 2 of 3, 60 % of the clients: [0-9]+ of [0-9]+ requests failed");
        foreach (var router in site.Routers)
            (await StatusAsync(router))["mode"]!.ToString().Should().Be("maintenance");
    }

    [ProgramFact("redis-server", "redis-server")]
    public async Task Without_the_store_no_instance_advances_and_with_it_the_reopening_goes_on()
    {
        await using var redis = await FirstRecord.StartRedisAsync(new MaintenanceMode());
        // A stage needs requests, and there are none before the store is gone.
        await using var site = await StagedSite.StartAsync("ModeStore:Redis", redis.Url, visited: false);
        var set = await Tool.RunAsync(site.Url, ["mode", "set", "live", "--stages", "20%,60%,100%", "--every", "1s", "--at-least", "30"]);
        set.Code.Should().Be(0, set.Output + set.Errors);
        await Eventually.TrueAsync(async () => (await StageAsync(site)) == 1);

        await redis.KillAsync();
        site.Visit();
        // Five times what the stage needs. They come from a fifth of the clients, so they take longer than the stage has to.
        var before = site.Served;
        await Eventually.Async(() => site.Served >= before + 150);
        foreach (var router in site.Routers)
        {
            (await StatusAsync(router))["modeProblem"].Should().NotBeNull();
            var mode = await ModeAsync(router);
            ((int)mode["reopening"]!["stage"]!).Should().Be(1);
        }

        await redis.ReturnAsync(withData: true);
        await Eventually.TrueAsync(async () => (await StatusAsync(site.Routers[0]))["mode"]!.ToString() == "live");
    }

    [Fact]
    public async Task An_operator_pauses_resumes_advances_and_closes()
    {
        using var file = new StoreFile();
        await using var site = await StagedSite.StartAsync("ModeStore:File", file.Path);
        (await Tool.RunAsync(site.Url, "mode", "stages", "pause"))
            .Errors.Should()
            .Contain("mode: is maintenance, which is not a reopening in stages");
        (await Tool.RunAsync(site.Url, "mode", "set", "live", "--stages", "20%,60%,100%", "--every", "1h")).Code.Should().Be(0);

        (await Tool.RunAsync(site.Url, "mode", "stages", "pause", "--operator", "ben"))
            .Output.Should()
            .Contain("PAUSED: router mode stages resume");
        (await Tool.RunAsync(site.Url, "mode", "stages", "resume")).Code.Should().Be(0);
        (await Tool.RunAsync(site.Url, "mode", "stages", "advance")).Code.Should().Be(0);
        using var operators = new OperatorClient(site.Url);
        await Eventually.TrueAsync(async () =>
            (await operators.SendAsync("GET", "/fleet?expect=3")).Body["verdict"]!
                .ToString()
                .Contains("(stage 2 of 3) on all 3 instances", StringComparison.Ordinal)
        );
        (await Tool.RunAsync(site.Url, "mode"))
            .Output.TrimEnd()
            .Should()
            .EndWith("OPEN to 60 % of the clients (stage 2 of 3) on all 3 instances");

        var (code, output, _) = await Tool.RunAsync(site.Url, "mode", "set", "maintenance", "--wait", "--expect", "3");

        (code, output.TrimEnd().EndsWith("\nSAFE", StringComparison.Ordinal)).Should().Be((0, true), output);
        (await Tool.RunAsync(site.Url, "mode", "history")).Output.Should().MatchRegex("paused +reopening.*by ben");
    }

    private static async Task<int?> StageAsync(StagedSite site) => (int?)(await ModeAsync(site.Routers[0]))["reopening"]?["stage"];

    private static async Task<JsonNode> ModeAsync(RunningRouter router)
    {
        using var operators = new OperatorClient(router.ManagementUrl);
        return (await operators.SendAsync("GET", "/mode")).Body;
    }

    private static async Task<JsonNode> StatusAsync(RunningRouter router)
    {
        using var operators = new OperatorClient(router.ManagementUrl);
        return (await operators.SendAsync("GET", "/_status")).Body;
    }

    private sealed class StoreFile : IDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("router-stages-").FullName;

        public StoreFile() => File.WriteAllText(Path, FirstRecord.Of(new MaintenanceMode()));

        public string Path => System.IO.Path.Combine(_directory, "mode.json");

        public void Dispose() => Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Three instances in maintenance, one backend, and clients from many addresses.</summary>
    private sealed class StagedSite : IAsyncDisposable
    {
        private readonly RawBackend _backend;
        private readonly CancellationTokenSource _stop = new();
        private Task _clients = Task.CompletedTask;
        private int _served;

        private StagedSite() =>
            _backend = RawBackend.Start(async connection =>
            {
                for (; await connection.ReadMessageAsync() is not null; Interlocked.Increment(ref _served))
                    await connection.WriteAsync($"HTTP/1.1 {(Breaks ? "500 Broken" : "200 OK")}\r\nContent-Length: 0\r\n\r\n");
            });

        public RunningRouter[] Routers { get; private set; } = [];

        /// <summary>How many requests the backend has got.</summary>
        public int Served => Volatile.Read(ref _served);

        public string Url => Routers[0].ManagementUrl;

        /// <summary>Whether the backend responds 500.</summary>
        public bool Breaks { get; set; }

        public static async Task<StagedSite> StartAsync(string store, string where, bool visited = true)
        {
            var site = new StagedSite();
            foreach (var name in new[] { "router-1", "router-2", "router-3" })
            {
                var file = OperatorClient
                    .With(new SiteFile())
                    .Mode("maintenance")
                    .Frontend("www", site._backend.Address)
                    .Host("www.*", "www")
                    .Set("TrustedProxies", "127.0.0.1")
                    .Set("Instance", name)
                    .Set("AccessLog", "false")
                    .Set("ModeStore:ActivationDelay", "500ms")
                    .Set(store, where);
                site.Routers = [.. site.Routers, await RunningRouter.StartAsync(file)];
            }

            using var operators = new OperatorClient(site.Url);
            await Eventually.TrueAsync(async () => (await operators.SendAsync("GET", "/fleet?expect=3")).Body["safe"]!.GetValue<bool>());
            if (visited)
                site.Visit();
            return site;
        }

        /// <summary>Clients of every instance come from now on.</summary>
        public void Visit() => _clients = Task.WhenAll(Routers.Select(VisitAsync));

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _clients;
            foreach (var router in Routers)
                await router.DisposeAsync();
            await _backend.DisposeAsync();
            _stop.Dispose();
        }

        private async Task VisitAsync(RunningRouter router)
        {
            using var connection = await RawConnection.OpenAsync(router.Endpoint);
            for (var i = 0; !_stop.IsCancellationRequested; i++)
            {
                var client = string.Create(CultureInfo.InvariantCulture, $"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}");
                await connection.WriteAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\nX-Forwarded-For: {client}\r\n\r\n");
                (await connection.ReadMessageAsync())!.Status.Should().BeOneOf(200, 503, 500);
                // A site has fewer requests than a loop could make; the others on this machine need its processors too.
                await Task.Delay(10);
            }
        }
    }
}
