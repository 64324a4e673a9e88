namespace Router.Tests.Forwarding;

public sealed class HostHeaderTests(EveryHostSite site, PlainSite plain) : IClassFixture<EveryHostSite>, IClassFixture<PlainSite>
{
    [Theory]
    [InlineData("")]
    [InlineData("Host: www.example.org\r\nHost: www.example.org\r\n")]
    [InlineData("Host: www.example.org\r\nHost: other.example.org\r\n")]
    [InlineData("Host: www.example.org, other.example.org\r\n")]
    [InlineData("Host:\r\n")]
    [InlineData("Host: \r\n")]
    [InlineData("Host: www example.org\r\n")]
    [InlineData("Host: www.example.org:\u0000\r\n")]
    [InlineData("Host: www.example.org:80:80\r\n")]
    [InlineData("Host: www.example.org:65536\r\n")]
    [InlineData("Host: www.example.org:-1\r\n")]
    [InlineData("Host: www.example.org:http\r\n")]
    [InlineData("Host: www..example.org\r\n")]
    [InlineData("Host: .example.org\r\n")]
    [InlineData("Host: www.example.org..\r\n")]
    [InlineData("Host: www.example.org/admin\r\n")]
    [InlineData("Host: www.example.org?x\r\n")]
    [InlineData("Host: user@www.example.org\r\n")]
    [InlineData("Host: http://www.example.org\r\n")]
    [InlineData("Host: a~b.example.org\r\n")]
    [InlineData("Host: www%2eexample.org\r\n")]
    [InlineData("Host: w\u00fcw.example.org\r\n")]
    [InlineData("Host: [::1\r\n")]
    [InlineData("Host: [::g]\r\n")]
    [InlineData("Host: ::1\r\n")]
    [InlineData("Host : www.example.org\r\n")]
    public async Task A_request_without_exactly_one_valid_host_is_400_and_reaches_no_backend(string headers)
    {
        using var client = await site.Router.ConnectAsync();

        await client.WriteAsync($"GET / HTTP/1.1\r\n{headers}\r\n");
        var (text, _) = await client.ReadToEndAsync();

        text.Should().StartWith("HTTP/1.1 400 ").And.Contain("Connection: close");
        site.Backend.Connections.Should().Be(0);
    }

    [Theory]
    [InlineData("www.example.org")]
    [InlineData("WWW.Example.ORG")]
    [InlineData("www.example.org.")]
    [InlineData("www.example.org:80")]
    [InlineData("www.example.org:65535")]
    [InlineData("www.xn--mnchen-3ya.example")]
    [InlineData("www.xn--a.example")]
    [InlineData("www.under_score.example")]
    public async Task A_well_formed_host_reaches_its_backend_which_sees_one_host(string host)
    {
        var backend = plain.Backend.Forget();

        (await plain.Router.SendRawAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status.Should().Be(200);

        var request = backend.Requests.Should().ContainSingle().Subject;
        request.Values("Host").Should().Equal(backend.Address["http://".Length..]);
        request.Values("X-Forwarded-Host").Should().Equal(host);
    }

    [Theory]
    [InlineData("http://api.example.org/a", "api.example.org")]
    [InlineData("http://api.example.org:1/a", "api.example.org:1")]
    public async Task The_authority_of_the_target_counts_and_not_the_Host_header(string target, string host)
    {
        await using var www = new RecordingBackend();
        await using var api = new RecordingBackend();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", www.Address).Frontend("api", api.Address).Host("api.*", "api")
        );

        (await router.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: www.example.org\r\n\r\n")).Status.Should().Be(200);

        www.Connections.Should().Be(0);
        var request = api.Requests.Should().ContainSingle().Subject;
        request.Values("Host").Should().Equal(api.Address["http://".Length..]);
        request.Values("X-Forwarded-Host").Should().Equal(host);
        (await router.AccessLog.NextAsync()).Text("httpHost").Should().Be(host);
    }

    [Theory]
    [InlineData("http://www.example.org@other.example.org/", "Host: other.example.org\r\n")]
    [InlineData("http://www.example.org/", "")]
    [InlineData("http://www.example.org/", "Host: www.example.org\r\nHost: www.example.org\r\n")]
    public async Task A_target_with_a_user_or_a_request_without_exactly_one_Host_header_is_400(string target, string headers)
    {
        (await site.Router.SendRawAsync($"GET {target} HTTP/1.1\r\n{headers}\r\n")).Status.Should().Be(400);
        site.Backend.Connections.Should().Be(0);
    }
}
