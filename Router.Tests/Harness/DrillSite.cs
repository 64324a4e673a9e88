using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Router.Modes;
using Xunit.Abstractions;

namespace Router.Tests.Harness;

/// <summary>
/// A site to rehearse a planned downtime on: three Routers on one Redis, an application that writes to a database, clients that write
/// throughout, and an operator who types what the runbook says.
/// </summary>
internal sealed class DrillSite : IAsyncDisposable
{
    private static readonly string[] Closing =
    [
        "mode",
        "set",
        "maintenance",
        "--until",
        "+90m",
        "--reason",
        "We are moving to a new database",
        "--ticket",
        "CHG-1234",
        "--operator",
        "anna",
        "--wait",
    ];

    /// <summary>How long the application may go on with a write whose connection is gone, where the drill is not about that.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(4);

    private readonly ConcurrentBag<IInstance> _routers = [];

    private readonly ITestOutputHelper _output;

    private DrillSite(RedisServer redis, DrillApplication application, ITestOutputHelper output) =>
        (Redis, Application, Clients, _output) = (redis, application, new DrillClients(output), output);

    public RedisServer Redis { get; }

    public DrillApplication Application { get; }

    public DrillClients Clients { get; }

    /// <summary>The site's configuration.</summary>
    public SiteFile File { get; private set; } = null!;

    /// <summary>Prepares one, without an instance.</summary>
    /// <param name="database">Where the application writes.</param>
    /// <param name="settle">How long the application may go on working on a write whose connection is gone.</param>
    /// <param name="output">Gets the instances' last log lines, and the responses to refused writes.</param>
    /// <param name="settings">Further keys.</param>
    public static async Task<DrillSite> PrepareAsync(
        PostgresServer database,
        TimeSpan settle,
        ITestOutputHelper output,
        params (string Key, string Value)[] settings
    )
    {
        var site = new DrillSite(await FirstRecord.StartRedisAsync(new LiveMode()), await DrillApplication.StartAsync(database), output);
        var time = string.Create(CultureInfo.InvariantCulture, $"{settle.TotalMilliseconds:F0}ms");
        site.File = OperatorClient
            .With(new SiteFile())
            .Frontend("www", site.Application.Address)
            .Api("api", site.Application.Address)
            .Host("www.*", "www")
            .Host("api.*", "api")
            .Set("Backends:www:WriteSettleTime", time)
            .Set("Backends:api:WriteSettleTime", time)
            .Set("ModeStore:HeartbeatExpiry", "3s")
            .Set("ModeStore:ActivationDelay", "500ms")
            .Set("ModeStore:DrainLimit", "5s")
            .Set("AccessLog", "false");
        foreach (var (key, value) in settings)
            site.File.Set(key, value);
        return site;
    }

    /// <summary>Prepares one and starts router-1, router-2 and router-3 within the test's process.</summary>
    public static Task<(DrillSite Site, RunningRouter One, RunningRouter Two, RunningRouter Three)> StartAsync(
        PostgresServer database,
        TimeSpan settle,
        ITestOutputHelper output
    ) => StartAsync(database, settle, output, site => site.OpenAsync("router-3"));

    /// <summary>The same with router-3 as a process of its own, which can be killed and suspended.</summary>
    public static Task<(DrillSite Site, RunningRouter One, RunningRouter Two, RouterProcess Three)> StartWithProcessAsync(
        PostgresServer database,
        TimeSpan settle,
        ITestOutputHelper output
    ) => StartAsync(database, settle, output, site => site.OpenProcessAsync("router-3"));

    private static async Task<(DrillSite Site, RunningRouter One, RunningRouter Two, TThree Three)> StartAsync<TThree>(
        PostgresServer database,
        TimeSpan settle,
        ITestOutputHelper output,
        Func<DrillSite, Task<TThree>> openThree
    )
    {
        var site = await PrepareAsync(database, settle, output);
        try
        {
            var (one, two, three) = (await site.OpenAsync("router-1"), await site.OpenAsync("router-2"), await openThree(site));
            await LiveAsync(one, 3);
            return (site, one, two, three);
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts an instance within the test's process, which clients use from then on.</summary>
    public async Task<RunningRouter> OpenAsync(string name) => Use(await RunningRouter.StartAsync(FileOf(name, Redis.Url)));

    /// <summary>The same as a process of its own.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="redis">The address of Redis; that of the site where it is left out.</param>
    /// <param name="through">A program that starts it, with its arguments.</param>
    /// <param name="environment">Variables.</param>
    public async Task<RouterProcess> OpenProcessAsync(
        string name,
        string? redis = null,
        string[]? through = null,
        params (string Name, string Value)[] environment
    ) => Use(await RouterProcess.StartAsync(FileOf(name, redis ?? Redis.Url), through ?? [], environment));

    /// <summary>Waits until so many instances are live, and each has let clients write.</summary>
    public static async Task LiveAsync(IInstance router, int count)
    {
        using var operators = new OperatorClient(router.ManagementUrl);
        await Eventually.TrueAsync(async () =>
        {
            var all = (await operators.SendAsync("GET", "/fleet")).Body["instances"]!.AsArray();
            var live = all.Where(it => it!["state"]!.GetValue<string>() == "live").ToArray();
            return live.Length == count && live.All(it => it!["report"]!["lastWrites"]!.AsArray().Count > 0);
        });
    }

    /// <summary>What the live instances report.</summary>
    public static async Task<JsonNode[]> InstancesAsync(OperatorClient operators)
    {
        var instances = (await operators.SendAsync("GET", "/fleet")).Body["instances"]!.AsArray();
        return [.. instances.Where(it => it!["state"]!.GetValue<string>() == "live").Select(it => it!["report"]!)];
    }

    /// <summary>The verdict of a command.</summary>
    public static string LastLine(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";

    /// <summary>Starts to close the site as the runbook says.</summary>
    public static Tool StartClosing(IInstance router, params string[] more) => Tool.Start(router.ManagementUrl, [.. Closing, .. more]);

    /// <summary>
    /// Waits for a command to end with SAFE, and starts the restore: what is committed at that moment is all that it has.
    /// </summary>
    public async Task<(string Output, HashSet<string> Restored)> SafeAsync(Tool command)
    {
        var (code, output, errors) = await command.Done;
        var restored = await Application.CommittedAsync();
        LastLine(output).Should().Be("SAFE", output + errors);
        code.Should().Be(0);
        return (output, restored);
    }

    /// <summary>
    /// Lets clients go on for a while, and waits for the application. No write that was acknowledged is missing from what was committed
    /// before SAFE, nothing was committed after it, and no client was told that a write had not arrived that had.
    /// </summary>
    public async Task NothingIsLostAsync(HashSet<string> restored)
    {
        await Clients.RefusedAsync();
        await Application.IdleAsync();
        (await Application.CommittedAsync()).Except(restored).Should().BeEmpty("nothing may be committed after SAFE");
        Clients.Acknowledged.Should().NotBeEmpty();
        Clients.Acknowledged.Except(restored).Should().BeEmpty("what was acknowledged must be in the restore");
        Clients.NotForwarded.Intersect(Application.Arrived).Should().BeEmpty("what has arrived was forwarded");
    }

    public async ValueTask DisposeAsync()
    {
        await Clients.DisposeAsync();
        await Task.WhenAll(_routers.Select(router => router.DisposeAsync().AsTask()));
        foreach (var router in _routers)
            _output.WriteLine($"The log of {router.Endpoint} ended with:\n{string.Join('\n', router.LastLines)}");
        await Application.IdleAsync();
        await Application.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private SiteFile FileOf(string name, string redis) => File.Set("Instance", name).Set("ModeStore:Redis", redis);

    private TInstance Use<TInstance>(TInstance router)
        where TInstance : IInstance
    {
        _routers.Add(router);
        Clients.Use(router);
        return router;
    }
}
