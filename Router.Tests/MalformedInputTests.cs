using System.Net.Http.Headers;
using System.Text;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>Whatever a client or an operator sends that can't be understood is their error, with a 4xx status. A 500 is Router's.</summary>
public sealed class MalformedInputTests(MalformedInputTests.ClosedSite site, ITestOutputHelper output)
    : IClassFixture<MalformedInputTests.ClosedSite>
{
    private const string Form = "application/x-www-form-urlencoded";

    public static TheoryData<string, string, string> Forms =>
        new()
        {
            // the content type, the framing, the body
            { "multipart/form-data; boundary=", "Content-Length: 5", "--\r\n\n" },
            { "multipart/form-data; boundary=\"\"", "Content-Length: 5", "--\r\n\n" },
            { "multipart/form-data", "Content-Length: 5", "hello" },
            { "multipart/form-data; boundary=x", "Content-Length: 5", "--x\r\n" },
            { Form + "; charset=utf-7", "Content-Length: 7", "token=a" },
            { Form + "; charset=nonsense", "Content-Length: 7", "token=a" },
            { Form + "; charset=", "Content-Length: 7", "token=a" },
            { Form, "Content-Length: 9", "token=%zz" },
            { Form, "Content-Length: 9", "token=%00" },
            { Form, "Content-Length: 9", "token=\u00ff\u00fe\u00ff" },
            { Form, "Content-Length: 15", "token=a&token=b" },
            { Form, "Content-Length: 9", "&&==&=&=;" },
            { Form, "Content-Length: 0", "" },
            { Form, "Transfer-Encoding: chunked", "7\r\ntoken=a\r\n0\r\n\r\n" },
            { Form, "Transfer-Encoding: chunked", "zz\r\ntoken=a\r\n0\r\n\r\n" },
            { Form, "Transfer-Encoding: chunked", "7\r\ntoken=aXX0\r\n\r\n" },
            { ";;;", "Content-Length: 7", "token=a" },
            { "\u00ff/\u00fe", "Content-Length: 7", "token=a" },
            { "application/json", "Content-Length: 2", "{}" },
        };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task An_unreadable_form_is_a_client_error(string type, string framing, string body)
    {
        var router = site.Router;

        var reply = await router.SendRawAsync(
            $"POST /_bypass HTTP/1.1\r\nHost: www.example.org\r\nContent-Type: {type}\r\n{framing}\r\n\r\n{body}"
        );

        reply.Status.Should().BeInRange(400, 499);
    }

    [Fact]
    public async Task A_form_that_ends_early_or_is_too_long_is_a_client_error()
    {
        var router = site.Router;
        using var client = await router.ConnectAsync();
        await client.WriteAsync(
            $"POST /_bypass HTTP/1.1\r\nHost: www.example.org\r\nContent-Type: {Form}\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ntok"
        );
        client.FinishWriting();
        (await client.ReadToEndAsync()).Text.Should().NotContain(" 500 ");

        (
            await router.SendRawAsync(
                $"POST /_bypass HTTP/1.1\r\nHost: www.example.org\r\nContent-Type: {Form}\r\nContent-Length: 9000\r\n\r\n"
                    + $"token={new string('a', 8994)}"
            )
        )
            .Status.Should()
            .Be(400);
    }

    [Theory]
    [InlineData("X-Router-Bypass: \u00ff\u00fe")]
    [InlineData("Cookie: =;;; __Secure-router-bypass=;router-bypass; a")]
    [InlineData("Accept-Language: \u00ff;q=zz, *;q=1e999, ,,-")]
    [InlineData("Accept: \u00ff/\u00fe;q=1e999,,;")]
    [InlineData("Accept-Encoding: ;q=,gzip;q=NaN,\u00ff")]
    [InlineData("Origin: \u00ff")]
    [InlineData("X-Forwarded-For: ,,\u00ff,[::1,999.9.9.9,fe80::1%eth0")]
    [InlineData("Content-Type: \u00ff")]
    [InlineData("Sec-Fetch-Dest: \u00ff")]
    [InlineData("If-None-Match: \u00ff")]
    public async Task An_invalid_header_gets_the_closed_site(string header)
    {
        var router = site.Router;

        (await router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\n{header}\r\n\r\n")).Status.Should().Be(503);
        (await router.SendRawAsync($"GET /_bypass HTTP/1.1\r\nHost: www.example.org\r\n{header}\r\n\r\n")).Status.Should().Be(200);
        (await router.SendRawAsync($"GET /_status?%zz=%ff&\u0001 HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n"))
            .Status.Should()
            .BeOneOf(200, 400);
    }

    [Theory]
    [InlineData("Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: x-\u0001a")]
    [InlineData("Access-Control-Request-Method: GET\u0001\r\nAccess-Control-Request-Headers: x-a")]
    [InlineData("Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: x-\u007fa")]
    public async Task A_preflight_with_control_characters_gets_none_of_them_back(string headers)
    {
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", "http://backend.invalid").Mode("maintenance").Set("Pages:AllowedOrigins", "https://app.example.org")
        );

        var reply = await router.SendRawAsync(
            $"OPTIONS / HTTP/1.1\r\nHost: www.example.org\r\nOrigin: https://app.example.org\r\n{headers}\r\n\r\n"
        );

        reply.Status.Should().BeOneOf(204, 400);
        reply.Head.Any(letter => letter is '\u0001' or '\u007f').Should().BeFalse();
    }

    public static TheoryData<string, string, string> Changes =>
        new()
        {
            { "PUT", "/mode", """{"mode": "\ud800"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "reason": "\udc00"}""" },
            { "PUT", "/mode", """{"\ud800": "maintenance"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "at": "\ud800"}""" },
            { "PUT", "/mode", "{\"mode\": \"\u00ff\u00fe\"}" },
            { "PUT", "/mode", "{\"\u00ff\": 1}" },
            { "PUT", "/mode", "{\"mode\": [\"\u00ff\"]}" },
            { "PUT", "/mode", """{"mode": "maintenance", "mode": "live"}""" },
            { "PUT", "/mode", """{"mode": 1e999999}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "at": "0001-01-01T00:00:00+14:00"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "at": "0001-01-01T00:00:00Z", "readOnlyBefore": "10s"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "at": "9999-12-31T23:59:59Z", "until": "9999-12-31T23:59:59Z"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "until": "9999-12-31T23:59:59-14:00"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "until": "+256000000h"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "readOnlyBefore": "256000000h"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "readOnlyBefore": "-10675199.02:48:05"}""" },
            { "PUT", "/mode", """{"mode": "maintenance", "cutAfter": "256000000h"}""" },
            { "PATCH", "/mode", """{"extendBy": "256000000h"}""" },
            { "PATCH", "/mode", """{"reason": "\ud800"}""" },
            { "POST", "/bypass", """{"for": "256000000h"}""" },
            { "POST", "/bypass", """{"for": "-10675199.02:48:05"}""" },
            { "POST", "/bypass", """{"address": "\ud800"}""" },
            { "POST", "/bypass", """{"address": "::ffff:1.2.3.4/999999999999999999999"}""" },
            { "POST", "/bypass", """{"note": "\ud800"}""" },
        };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task An_unreadable_change_is_a_client_error(string method, string path, string body)
    {
        var router = site.Router;
        using var operators = new OperatorClient(router);

        (await SendAsync(operators, method, path, Encoding.Latin1.GetBytes(body))).Should().BeInRange(400, 499);
    }

    [Theory]
    [InlineData("PUT", "/mode", """{"mode": "maintenance", "by": "anna\u202e"}""")]
    [InlineData("PATCH", "/mode", """{"reason": "a\u202e"}""")]
    [InlineData("POST", "/bypass", """{"by": "anna\u202e"}""")]
    [InlineData("POST", "/fleet/forget", """{"instance": "router-9", "by": "anna\u202e"}""")]
    [InlineData("POST", "/writes/accept", """{"by": "anna\u202e"}""")]
    [InlineData("POST", "/writes/accept", """{"note": "a\u202e"}""")]
    [InlineData("POST", "/mode/stages", """{"action": "pause", "by": "anna\u202e"}""")]
    [InlineData("DELETE", "/mode/next?by=anna%E2%80%AE", null)]
    [InlineData("DELETE", "/bypass/nobody?by=anna%E2%80%AE", null)]
    public async Task An_invisible_character_in_what_an_operator_writes_is_rejected_in_every_member(
        string method,
        string path,
        string? body
    )
    {
        var router = site.Router;
        using var operators = new OperatorClient(router);

        var (status, problem) = await operators.SendAsync(method, path, body);

        status.Should().BeInRange(400, 499);
        problem.ToJsonString().Should().Contain("has the invisible character");
    }

    [Theory]
    [InlineData("/explain")]
    [InlineData("/explain?url=http://%ff%fe/%ff")]
    [InlineData("/explain?url=http://[::1/")]
    [InlineData("/explain?url=https://www.example.org/&client=999.1.1.1")]
    [InlineData("/explain?url=https://www.example.org/&client=10.1")]
    [InlineData("/explain?url=https://www.example.org/&mode=%ed%a0%80")]
    [InlineData("/fleet?expect=99999999999999999999")]
    [InlineData("/fleet?expect=%ed%a0%80")]
    [InlineData("/mode/next")]
    [InlineData("/%ed%a0%80")]
    public async Task An_unreadable_query_is_a_client_error(string path)
    {
        var router = site.Router;
        using var operators = new OperatorClient(router);

        (await operators.SendAsync("GET", path)).Status.Should().BeInRange(400, 499);
    }

    [Fact]
    public async Task Changed_at_random_a_change_is_made_or_refused()
    {
        var random = new Random(Seed.Next(output));
        var router = site.Router;
        using var operators = new OperatorClient(router);
        string[] bodies =
        [
            """{"mode": "maintenance", "at": "2026-01-02T22:00:00Z", "until": "2026-01-03T22:00:00Z", "by": "ops", "reason": "a \u00e9 """
                + """b", "ticket": "T-1", "readOnlyBefore": "10s", "cutAfter": "1m"}""",
            """{"for": "2h", "address": "203.0.113.0/24", "by": "ops", "note": "n\ud83d\ude00"}""",
        ];
        for (var i = 0; i < 400; i++)
        {
            var body = Encoding.UTF8.GetBytes(bodies[i % 2]);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                body[random.Next(body.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : body[random.Next(body.Length)]);

            var status = await SendAsync(operators, i % 2 == 0 ? "PUT" : "POST", (i % 2 == 0 ? "/mode" : "/bypass") + "?dryRun=true", body);

            (status is 200 or 201 or (>= 400 and <= 499)).Should().BeTrue($"{status} for {Encoding.Latin1.GetString(body)}");
        }
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic \u00ff")]
    [InlineData("Bearer %00%ff")]
    public async Task Invalid_credentials_are_rejected(string authorization)
    {
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Set("Management:Token", "0123456789abcdef")
        );
        using var operators = new OperatorClient(router);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/mode");
        request.Headers.TryAddWithoutValidation("Authorization", authorization.Replace("\u00ff", "", StringComparison.Ordinal));

        ((int)(await operators.GetAsync(request)).StatusCode).Should().Be(401);
    }

    private static async Task<int> SendAsync(OperatorClient operators, string method, string path, byte[] body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await operators.GetAsync(request);
        return (int)response.StatusCode;
    }

    /// <summary>One closed site for all cases, with a bypass: none of them changes it.</summary>
    public sealed class ClosedSite : IAsyncLifetime
    {
        internal RunningRouter Router { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Router = await RunningRouter.StartAsync(
                OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Mode("maintenance"),
                new ManualClock()
            );
            using var operators = new OperatorClient(Router);
            (await operators.SendAsync("POST", "/bypass", "{}")).Status.Should().Be(201);
        }

        public async Task DisposeAsync() => await Router.DisposeAsync();
    }
}
