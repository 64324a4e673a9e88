using System.Net;
using System.Net.Sockets;
using Router.Cli;
using Router.Configuration;

namespace Router.Tests;

public sealed class HealthCommandTests
{
    [Theory]
    [InlineData("http://127.0.0.1:{0}")]
    [InlineData("http://*:{0};http://127.0.0.1:1")]
    [InlineData("http://0.0.0.0:{0}")]
    public async Task It_asks_the_Router_that_listens_by_the_same_words(string urls)
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://127.0.0.1:9").Mode("maintenance"));

        (await RunAsync(urls.Replace("{0}", $"{router.Endpoint.Port}", StringComparison.Ordinal))).Should().Be((0, ""));
    }

    [Fact]
    public async Task Its_address_may_come_from_PORT()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://127.0.0.1:9"));
        using var errors = new StringWriter();

        var code = await HealthCommand.RunAsync(new() { Environment = name => name == "PORT" ? $"{router.Endpoint.Port}" : null }, errors);

        (code, errors.ToString()).Should().Be((0, ""));
    }

    [Fact]
    public async Task What_is_no_healthy_Router_is_told_apart_by_exit_code_and_a_line()
    {
        await using var other = RawBackend.Answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
        await using var silent = RawBackend.Start();
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        (await RunAsync(other.Address)).Should().Be((1, $"{other.Address}/_status?ignore-dependencies answers 503, not 200.\n"));
        (await RunAsync(silent.Address)).Should().Be((1, $"{silent.Address}/_status?ignore-dependencies has not answered within 1 s.\n"));
        var gone = await RunAsync($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}");
        gone.Code.Should().Be(1);
        gone.Errors.Should().Contain("does not answer");
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("https://127.0.0.1:8443")]
    public async Task An_address_that_can_not_be_asked_is_a_fault(string urls)
    {
        var run = () => RunAsync(urls);

        (await run.Should().ThrowAsync<InvalidConfigurationException>()).Which.Faults.All.Should().ContainSingle().Which.Key.Should().Be("--urls");
    }

    private static async Task<(int Code, string Errors)> RunAsync(string urls)
    {
        using var errors = new StringWriter();
        return (await HealthCommand.RunAsync(new() { Urls = urls }, errors), errors.ToString());
    }
}
