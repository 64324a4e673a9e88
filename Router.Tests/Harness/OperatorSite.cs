using Microsoft.Playwright;

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

    public RouterProcess[] Routers { get; private set; } = [];

    public static async Task<OperatorSite> StartAsync(params (string Key, string Value)[] settings)
    {
        var site = new OperatorSite(await RedisServer.StartAsync());
        try
        {
            site.Routers = await Task.WhenAll(Enumerable.Range(1, 3).Select(number => site.OpenAsync($"router-{number}", settings)));
            // An empty store gets its first record some seconds after the start.
            using var client = new HttpClient();
            foreach (var router in site.Routers)
                await Eventually.TrueAsync(async () =>
                    (await client.GetStringAsync($"http://{router.Endpoint}/_status")).Contains("\"live\"", StringComparison.Ordinal)
                );
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

    /// <summary>The backend answers what it has kept, and keeps nothing more.</summary>
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

    private Task<RouterProcess> OpenAsync(string name, (string Key, string Value)[] settings)
    {
        var file = OperatorClient
            .With(SiteFile.Of("www.*", _backend).Api("api").Host("api.*", "api"))
            .Set("Instance", name)
            .Set("Stage", "production")
            .Set("AccessLog", "false")
            .Set("ModeStore:Redis", Redis.Url)
            .Set("ModeStore:HeartbeatExpiry", "3s")
            // To look at a state takes a while.
            .Set("Backends:www:ResponseTimeout", "30m")
            .Set("ModeStore:DrainLimit", "30m");
        foreach (var (key, value) in settings)
            file.Set(key, value);
        return RouterProcess.StartAsync(file);
    }
}

/// <summary>Tests that start three instances and look at them in one browser: one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class OperatorSites : ICollectionFixture<Chromium>
{
    public const string Name = "operator sites";
}
