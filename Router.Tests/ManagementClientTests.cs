using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Serving.Management;

namespace Router.Tests;

public sealed class ManagementClientTests
{
    private const string Token = "of-sixteen-letters";

    [Fact]
    public async Task A_proxy_of_the_environment_never_sees_the_token()
    {
        await using var router = await RunningRouter.StartAsync(Management.With(SiteFile.Of("www.*", "http://backend.invalid")).Set("Management:Token", Token));
        await using var proxy = RawBackend.Saying("a proxy");
        (string, string)[] proxies = [.. from name in (string[])["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] select (name, proxy.Address)];
        var url = router.App.Services.GetRequiredService<ManagementServer>().Url!;

        var (code, _, errors) = await Tool.RunWithAsync([.. proxies, ("no_proxy", ""), ("NO_PROXY", ""), ("ROUTER_URL", url), ("ROUTER_TOKEN", Token)], "mode");

        errors.Should().BeEmpty();
        code.Should().Be(0);
        proxy.Connections.Should().Be(0);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = RawBackend.Saying("{}");
        await using var server = RawBackend.Answering($"HTTP/1.1 307 Temporary Redirect\r\nLocation: {other.Address}/\r\nContent-Length: 0\r\n\r\n");

        var (code, _, errors) = await Tool.RunWithTokenAsync(server.Address, Token, "mode");

        code.Should().Be(RouterCommand.NoConnection);
        errors.Should().Contain("is not Router's management interface");
        other.Connections.Should().Be(0);
    }
}
