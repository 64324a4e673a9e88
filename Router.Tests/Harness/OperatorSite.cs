using System.Net;
using Microsoft.Playwright;
using Router.Modes;

namespace Router.Tests.Harness;

/// <summary>
/// Three instances on one Redis with the operator's page, and a backend that keeps each write until it is released. On a stage called
/// production.
/// </summary>
internal sealed class OperatorSite : IAsyncDisposable
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RawBackend _backend;
    private readonly List<RawConnection> _clients = [];

    private OperatorSite(RedisServer redis)
    {
        Redis = redis;
        _backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is { } request)
            {
                if (request.Method == "POST")
                    await _released.Task;
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
    }

    public RedisServer Redis { get; }

    /// <summary>The instances where they are processes, which can be stopped and killed.</summary>
    public List<RouterProcess> Processes { get; } = [];

    /// <summary>The instances where they are in the test's process, which costs a tenth.</summary>
    public List<RunningRouter> Routers { get; } = [];

    public static Task<OperatorSite> StartAsync(params (string Key, string Value)[] settings) =>
        StartAsync(async (site, file) => site.Routers.Add(await RunningRouter.StartAsync(file)), settings);

    public static Task<OperatorSite> StartProcessesAsync(params (string Key, string Value)[] settings) =>
        StartAsync(async (site, file) => site.Processes.Add(await RouterProcess.StartAsync(file)), settings);

    /// <summary>Where an instance serves the page.</summary>
    public string ManagementUrl(int router) => Processes is [] ? Routers[router].ManagementUrl : Processes[router].ManagementUrl;

    private IPEndPoint Endpoint(int router) => Processes is [] ? Routers[router].Endpoint : Processes[router].Endpoint;

    private static async Task<OperatorSite> StartAsync(Func<OperatorSite, SiteFile, Task> start, (string Key, string Value)[] settings)
    {
        var site = new OperatorSite(await FirstRecord.StartRedisAsync(new LiveMode()));
        try
        {
            using var client = new HttpClient();
            for (var router = 0; router < 3; router++)
            {
                await start(site, site.FileOf($"router-{router + 1}", settings));
                await Eventually.TrueAsync(async () =>
                    (await client.GetStringAsync($"http://{site.Endpoint(router)}/_status")).Contains("\"live\"", StringComparison.Ordinal)
                );
            }

            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens the page on an instance and waits until it shows all three.</summary>
    public async Task<IPage> ShowAsync(Chromium chromium, int router = 0, BrowserNewContextOptions? options = null)
    {
        var page = await chromium.OpenAsync(options ?? new() { TimezoneId = "Europe/Paris" });
        page.PageError += (_, error) => throw new InvalidOperationException(error);
        await page.GotoAsync(ManagementUrl(router));
        await Expect(page.Locator("section:has(#instances) tbody tr")).ToHaveCountAsync(3, new() { Timeout = Timeout });
        return page;
    }

    /// <summary>Sends a write through an instance, which its backend keeps.</summary>
    public async Task<RawConnection> WriteAsync(int router, string path)
    {
        var client = await RawConnection.OpenAsync(Endpoint(router));
        _clients.Add(client);
        await client.WriteAsync($"POST {path} HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 0\r\n\r\n");
        return client;
    }

    /// <summary>The backend responds to what it has kept, and keeps nothing more.</summary>
    public void Release() => _released.TrySetResult();

    public static float Timeout => (float)Deadlines.Limit.TotalMilliseconds;

    public async ValueTask DisposeAsync()
    {
        Release();
        _clients.ForEach(client => client.Dispose());
        await Task.WhenAll(Routers.Cast<IAsyncDisposable>().Concat(Processes).Select(router => router.DisposeAsync().AsTask()));
        await _backend.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private SiteFile FileOf(string name, (string Key, string Value)[] settings)
    {
        var file = OperatorClient
            .With(SiteFile.Of("www.*", _backend).Api("api").Host("api.*", "api"))
            .Mode("live")
            .Set("Instance", name)
            .Set("Stage", "production")
            .Set("AccessLog", "false")
            .Set("ModeStore:Redis", Redis.Url)
            .Set("ModeStore:HeartbeatExpiry", "3s")
            .Set("ModeStore:ActivationDelay", "500ms")
            // To look at a state takes a while.
            .Set("Backends:www:ResponseTimeout", "30m")
            .Set("ModeStore:DrainLimit", "30m");
        foreach (var (key, value) in settings)
            file.Set(key, value);
        return file;
    }
}
