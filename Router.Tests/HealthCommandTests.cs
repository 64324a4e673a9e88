using Router.Cli;
using Router.Serving;

namespace Router.Tests;

public sealed class HealthCommandTests
{
    [Theory]
    [InlineData("live")]
    [InlineData("maintenance")]
    public async Task A_Router_that_serves_is_healthy_in_every_mode(string mode)
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid").Mode(mode));

        (await AskAsync(new StartOptions { Urls = $"http://{router.Endpoint}" })).Should().Be((0, ""));
    }

    [Fact]
    public async Task It_contacts_the_address_where_the_server_listens()
    {
        await using var server = WireMockBackend.RespondingText("ok");
        var port = new Uri(server.Address).Port;
        foreach (
            var (name, value) in new[]
            {
                ("ASPNETCORE_URLS", $"http://*:{port}"),
                ("ASPNETCORE_URLS", $"https://*:1;http://[::]:{port}"),
                ("ASPNETCORE_URLS", $"http://0.0.0.0:{port}"),
                ("PORT", $"{port}"),
            }
        )
        {
            (await AskAsync(new StartOptions { Environment = new((name, value)) })).Code.Should().Be(0, $"{name} is {value}");
            (await server.RequestAsync()).Target.Should().Be("/_status?ignore-dependencies");
        }

        (await AskAsync(new StartOptions { Urls = $"http://localhost:{port}", Environment = new(("ASPNETCORE_URLS", "1"), ("PORT", "1")) }))
            .Code.Should()
            .Be(0, "--urls overrides the environment");
    }

    [Fact]
    public async Task Configured_endpoints_win_and_a_plain_http_one_is_preferred()
    {
        await using var server = WireMockBackend.RespondingText("ok");
        var directory = Directory.CreateTempSubdirectory("router-health-").FullName;
        var file = Path.Combine(directory, "site.json");
        await File.WriteAllTextAsync(
            file,
            $$$"""
            {
              "Kestrel": {
                "Endpoints": {
                  "a": { "Url": "https://*:1" },
                  "b": { "Url": "http://*:2", "Protocols": "Http2" },
                  "c": { "Url": "{{{server.Address}}}" }
                }
              }
            }
            """
        );

        (await AskAsync(new StartOptions { ConfigurationFile = file, Environment = new() })).Should().Be((0, ""));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Over_TLS_the_health_check_accepts_any_name_in_the_certificate()
    {
        await using var router = await ListeningRouter.StartAsync(
            SiteFile.Of("www.*", "http://www.invalid"),
            "Http1AndHttp2",
            Certificates.Of("www.example.org").Write(Directory.CreateTempSubdirectory("router-health-").FullName, "tls")
        );

        (await AskAsync(new StartOptions { Urls = $"https://*:{router.Port}" })).Code.Should().Be(0);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(204)]
    public async Task Any_response_other_than_200_is_not_healthy(int status)
    {
        await using var server = WireMockBackend.Responding(status);

        await ShouldNotBeHealthyAsync(server.Address, $"responded with {status}");
    }

    [Fact]
    public async Task A_response_that_is_not_HTTP_is_not_healthy()
    {
        await using var server = RawBackend.Responding("SSH-2.0-OpenSSH\r\n");

        await ShouldNotBeHealthyAsync(server.Address, "_status?ignore-dependencies: ");
    }

    private static async Task ShouldNotBeHealthyAsync(string address, string says)
    {
        var (code, errors) = await AskAsync(new StartOptions { Urls = address });

        code.Should().Be(1);
        errors.Should().StartWith("Not healthy: ").And.Contain(says).And.EndWith(".\n");
        errors.Count(character => character == '\n').Should().Be(1);
    }

    [Fact]
    public async Task A_redirect_to_a_healthy_server_is_not_healthy()
    {
        await using var other = WireMockBackend.RespondingText("ok");
        await using var server = WireMockBackend.Responding(302, "", ("Location", $"{other.Address}/"));

        (await AskAsync(new StartOptions { Urls = server.Address })).Errors.Should().Contain("responded with 302");
        other.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task No_response_is_not_healthy()
    {
        using var closed = new ClosedPort();
        await using var silent = RawBackend.Start();

        var refused = await AskAsync(new StartOptions { Urls = closed.Address });
        var late = await AskAsync(new StartOptions { Urls = silent.Address });
        var nowhere = await AskAsync(new StartOptions { Environment = new(("PORT", "http")) });

        (refused.Code, late.Code, nowhere.Code).Should().Be((1, 1, 1));
        refused.Errors.Should().Contain("Connection refused");
        late.Errors.Should().Contain("did not respond within a second");
        nowhere.Errors.Should().Contain("PORT: is 'http'");
    }

    [Fact]
    public async Task The_health_command_ignores_proxies_and_its_exit_code_is_the_result()
    {
        await using var server = WireMockBackend.RespondingText("ok");

        (await RunAsync(server.Address)).Should().Be(0);
        (await RunAsync("http://127.0.0.1:1")).Should().Be(1);

        static async Task<int> RunAsync(string url)
        {
            (string, string)[] proxies = [("http_proxy", "http://127.0.0.1:2"), ("HTTP_PROXY", "http://127.0.0.1:2")];
            return (await Script.RunAsync(Tool.Process(proxies, "health", "--urls", url))).Code;
        }
    }

    private static async Task<(int Code, string Errors)> AskAsync(StartOptions options)
    {
        using var errors = new StringWriter();
        return (await HealthCommand.RunAsync(options, errors).InTime(), errors.ToString());
    }
}
