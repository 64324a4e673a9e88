using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Configuration;
using Router.Management;

namespace Router.Tests;

public sealed class ManagementClientTests
{
    private const string Token = "of-sixteen-letters";

    [Fact]
    public async Task A_proxy_of_the_environment_never_sees_the_token()
    {
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Set("Management:Token", Token)
        );
        await using var proxy = RawBackend.RespondingText("a proxy");
        (string, string)[] proxies =
        [
            .. from name in (string[])["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
            select (name, proxy.Address),
        ];
        var url = router.App.Services.GetRequiredService<ManagementServer>().Url!;

        var (code, _, errors) = await Script.RunAsync(
            Tool.Process([.. proxies, ("no_proxy", ""), ("NO_PROXY", ""), ("ROUTER_URL", url), ("ROUTER_TOKEN", Token)], "mode", "history")
        );

        errors.Should().BeEmpty();
        code.Should().Be(0);
        proxy.Connections.Should().Be(0);
    }

    [Fact]
    public async Task The_tool_finds_the_instance_and_its_token_by_the_configuration_that_both_have()
    {
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Set("Management:Token", Token)
        );
        var port = new Uri(router.App.Services.GetRequiredService<ManagementServer>().Url!).Port;
        using var files = new Files();
        var secret = files.Write("token", Token + "\n");
        var site = files.Write(
            "site.json",
            $$"""{ "Router": { "Management": { "Url": "http://*:{{port}}", "TokenFile": "{{secret}}" } } }"""
        );

        (await Tool.RunWithoutUrlAsync("mode", "set", "maintenance", "--config", site)).Code.Should().Be(0);
        (await Tool.RunWithoutUrlAsync("bypass", "--config", site)).Output.Should().Contain("token: ");
        (await Tool.RunWithAsync([("Router__Management__Url", $"http://0.0.0.0:{port}"), ("Router__Management__Token", Token)], "mode"))
            .Output.Should()
            .Contain("mode:      maintenance");
        (
            await Tool.RunWithAsync(
                [("Router__Management__Url", "http://127.0.0.1:1"), ("ROUTER_TOKEN", Token)],
                "mode",
                "history",
                "--url",
                $"http://127.0.0.1:{port}"
            )
        )
            .Code.Should()
            .Be(0, "--url overrides it");
    }

    [Fact]
    public async Task A_token_of_the_configuration_goes_to_no_address_but_that_of_the_configuration()
    {
        await using var server = WireMockBackend.RespondingText("{}");

        await Tool.RunWithAsync([("Router__Management__Token", Token)], "mode", "--url", server.Address);

        (await server.RequestAsync()).Value("Authorization").Should().BeNull();
    }

    [Theory]
    [InlineData(
        "{ \"Router\": { \"Management\": { \"Url\": \"\" } } }",
        ExitCode.NoConnection,
        "The configuration has no management interface (Router:Management:Url is empty). Give its address with --url or ROUTER_URL."
    )]
    [InlineData(
        "{ \"Router\": { \"Management\": { \"Url\": \"http://127.0.0.1:0\" } } }",
        ExitCode.NoConnection,
        "Router:Management:Url is http://127.0.0.1:0: the port is known only to the running Router"
    )]
    [InlineData(
        "{ \"Router\": { \"Management\": { \"Url\": \"nine\" } } }",
        ExitCode.WrongUse,
        "Router:Management:Url: 'nine' is not an address"
    )]
    [InlineData(
        "{ \"Router\": { \"Management\": { \"TokenFile\": \"/nowhere/token\" } } }",
        ExitCode.WrongUse,
        "Router:Management:TokenFile: '/nowhere/token' can't be read"
    )]
    [InlineData("{ \"Router\": ", ExitCode.WrongUse, "Or give its address with --url or ROUTER_URL, such as http://127.0.0.1:9900.")]
    [InlineData(null, ExitCode.WrongUse, "Or give its address with --url or ROUTER_URL, such as http://127.0.0.1:9900.")]
    public async Task Without_an_address_in_the_configuration_the_tool_contacts_nothing(string? json, int code, string said)
    {
        using var files = new Files();
        var site = json is null ? "/nowhere/site.json" : files.Write("site.json", json);

        var (exit, _, errors) = await Tool.RunWithoutUrlAsync("mode", "set", "maintenance", "--config", site);

        exit.Should().Be(code);
        errors.Should().Contain(said).And.NotContain("   at ");
    }

    [Theory]
    [InlineData(null, "Check with router mode. Then: router mode set live")]
    [InlineData("http://127.0.0.1:9900", "Check with router mode. Then: router mode set live")]
    [InlineData("http://127.0.0.1:0", "Check with router mode. Then: router mode set live")]
    [InlineData(
        "http://0.0.0.0:9911",
        "Check with router mode --url http://127.0.0.1:9911. Then: router mode set live --url http://127.0.0.1:9911"
    )]
    [InlineData(
        "https://[::1]:9911",
        "Check with router mode --url https://[::1]:9911. Then: router mode set live --url https://[::1]:9911"
    )]
    public void A_hint_of_a_running_instance_carries_its_own_address(string? url, string hint) =>
        new ManagementSettings { Url = url }
            .Hint("Check with router mode. Then: router mode set live")
            .Should()
            .Be(hint);

    [Theory]
    [InlineData("router mode extend --by 45m", "router mode extend --url U --by 45m")]
    [InlineData("router mode stages pause", "router mode stages pause --url U")]
    [InlineData("router downtime --resume", "router downtime --url U --resume")]
    [InlineData("router bypass revoke 6aec7fe2", "router bypass revoke 6aec7fe2 --url U")]
    [InlineData("router fleet forget NAME", "router fleet forget NAME --url U")]
    [InlineData("router writes accept.", "router writes accept --url U.")]
    public void The_address_follows_the_whole_command(string command, string hint) =>
        ToolHint.At($"Run: {command}", "U").Should().Be($"Run: {hint}");

    [Fact]
    public async Task A_rejection_recommends_commands_for_the_requested_address()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        var url = router.App.Services.GetRequiredService<ManagementServer>().Url!;

        var (_, _, errors) = await Tool.RunWithoutUrlAsync("mode", "cancel", "--url", url);

        errors.Should().EndWith($"To see the mode: router mode --url {url}.\n");
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/staging/", "'http://127.0.0.1:1/staging/'")]
    [InlineData("http://anna:secret@127.0.0.1:1", "The address with a user name")]
    [InlineData("anna:secret@127.0.0.1:1", "The address with a user name")]
    [InlineData("http://127.0.0.1:1/?stage=staging", "'http://127.0.0.1:1/?stage=staging'")]
    public async Task An_address_of_which_a_part_would_be_dropped_is_refused(string url, string named)
    {
        var (code, _, errors) = await Tool.RunAsync(url, "mode", "set", "maintenance");

        (code, errors)
            .Should()
            .Be(
                (
                    2,
                    $"{named} is not scheme, host and port of the management interface. Give --url or ROUTER_URL, such as "
                        + $"{ManagementSettings.DefaultUrl}.\n"
                )
            );
    }

    [Fact]
    public async Task A_proxy_that_lost_the_response_leaves_it_open_whether_the_change_was_made()
    {
        await using var proxy = RawBackend.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nlost");
        });

        var (code, _, errors) = await Tool.RunAsync(proxy.Address, "mode", "extend", "--by", "45m");

        code.Should().Be(3);
        errors
            .Should()
            .Contain("responded with 502, but not with a response of Router")
            .And.Contain("It is not known whether the change was made.");
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = WireMockBackend.RespondingText("{}");
        await using var server = WireMockBackend.Responding(307, "", ("Location", $"{other.Address}/"));

        var (code, _, errors) = await Tool.RunWithTokenAsync(server.Address, Token, "mode");

        code.Should().Be(ExitCode.NoConnection);
        errors.Should().Contain("is not Router's management interface");
        other.Requests.Should().BeEmpty();
    }

    private sealed class Files : IDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("router-tool-").FullName;

        public string Write(string name, string content)
        {
            var path = Path.Combine(_directory, name);
            File.WriteAllText(path, content);
            return path;
        }

        public void Dispose() => Directory.Delete(_directory, recursive: true);
    }
}
