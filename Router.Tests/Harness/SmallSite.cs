namespace Router.Tests.Harness;

/// <summary>A site of two frontends and an API, each an application of its own, behind a router in some mode.</summary>
internal sealed class SmallSite : IAsyncDisposable
{
    private SmallSite(WireMockBackend www, WireMockBackend assets, WireMockBackend api, RunningRouter router) =>
        (Www, Assets, Api, Router) = (www, assets, api, router);

    public WireMockBackend Www { get; }

    public WireMockBackend Assets { get; }

    public WireMockBackend Api { get; }

    public RunningRouter Router { get; }

    /// <summary>How many requests reached any of the applications.</summary>
    public int Reached => Www.Requests.Count + Assets.Requests.Count + Api.Requests.Count;

    public static async Task<SmallSite> InAsync(string mode)
    {
        var (www, assets, api) = (WireMockBackend.Named("www"), WireMockBackend.Named("assets"), WireMockBackend.Named("api"));
        var router = await RunningRouter.StartAsync(
            new SiteFile()
                .Mode(mode)
                .Frontend("www", www.Address)
                .Host("www.*", "www")
                .Frontend("assets", assets.Address)
                .Host("assets.*", "assets")
                .Api("api", api.Address)
                .Host("api.*", "api")
        );
        return new SmallSite(www, assets, api, router);
    }

    public async ValueTask DisposeAsync()
    {
        await Router.DisposeAsync();
        await Www.DisposeAsync();
        await Assets.DisposeAsync();
        await Api.DisposeAsync();
    }
}
