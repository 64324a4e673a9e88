using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;

namespace Router.Tests.Harness;

/// <summary>Applications on WireMock.Net: they answer 200 with their name to everything, and keep what they were asked.</summary>
internal static class WireMockBackend
{
    public static WireMockServer Named(string name)
    {
        var server = WireMockServer.Start();
        server
            .Given(Request.Create().UsingAnyMethod())
            .RespondWith(Response.Create().WithStatusCode(200).WithHeader("X-Application", name).WithBody(name));
        return server;
    }

    public static string Address(this WireMockServer server) => server.Urls[0];

    public static int RequestCount(this WireMockServer server) => server.LogEntries.ToArray().Length;
}

/// <summary>A site of two frontends and an API, each an application of its own, behind a router in some mode.</summary>
internal sealed class SmallSite : IAsyncDisposable
{
    private SmallSite(WireMockServer www, WireMockServer assets, WireMockServer api, RunningRouter router) =>
        (Www, Assets, Api, Router) = (www, assets, api, router);

    public WireMockServer Www { get; }

    public WireMockServer Assets { get; }

    public WireMockServer Api { get; }

    public RunningRouter Router { get; }

    /// <summary>How many requests reached any of the applications.</summary>
    public int Reached => Www.RequestCount() + Assets.RequestCount() + Api.RequestCount();

    public static async Task<SmallSite> InAsync(string mode)
    {
        var (www, assets, api) = (WireMockBackend.Named("www"), WireMockBackend.Named("assets"), WireMockBackend.Named("api"));
        var router = await RunningRouter.StartAsync(
            new SiteFile()
                .Mode(mode)
                .Frontend("www", www.Address())
                .Host("www.*", "www")
                .Frontend("assets", assets.Address())
                .Host("assets.*", "assets")
                .Api("api", api.Address())
                .Host("api.*", "api")
        );
        return new SmallSite(www, assets, api, router);
    }

    public async ValueTask DisposeAsync()
    {
        await Router.DisposeAsync();
        Www.Dispose();
        Assets.Dispose();
        Api.Dispose();
    }
}
