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

    /// <summary>The instances.</summary>
    public List<IInstance> Routers { get; } = [];

    /// <summary>Those of them that are processes of their own, which can be suspended and killed, by their number.</summary>
    public RouterProcess Process(int router) => (RouterProcess)Routers[router];

    /// <summary>Starts it with all instances in the test's process.</summary>
    public static Task<OperatorSite> StartAsync(params (string Key, string Value)[] settings) => StartWithProcessesAsync([], settings);

    /// <summary>Starts it with some instances, by their number, as processes of their own.</summary>
    public static async Task<OperatorSite> StartWithProcessesAsync(int[] processes, params (string Key, string Value)[] settings)
    {
        var site = new OperatorSite(await FirstRecord.StartRedisAsync(new LiveMode()));
        try
        {
            for (var router = 0; router < 3; router++)
            {
                var file = site.FileOf($"router-{router + 1}", settings);
                site.Routers.Add(processes.Contains(router) ? await RouterProcess.StartAsync(file) : await RunningRouter.StartAsync(file));
                await site.Routers[router].LiveAsync();
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
        await page.GotoAsync(Routers[router].ManagementUrl);
        await Expect(page.Locator("section:has(#instances) tbody tr")).ToHaveCountAsync(3, new() { Timeout = Timeout });
        return page;
    }

    /// <summary>Sends a write through an instance, which its backend keeps.</summary>
    public async Task<RawConnection> WriteAsync(int router, string path)
    {
        var client = await RawConnection.OpenAsync(Routers[router].Endpoint);
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
        await Task.WhenAll(Routers.Select(router => router.DisposeAsync().AsTask()));
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
