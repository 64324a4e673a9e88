using System.IO.Compression;
using System.Text;
using Router.Configuration;
using Router.Http;
using Router.Routing;

namespace Router.Tests;

public sealed class CompressionTests(CompressionTests.Site site, PlainRawSite raw)
    : IClassFixture<CompressionTests.Site>,
        IClassFixture<PlainRawSite>
{
    private static readonly string Long = string.Concat(Enumerable.Range(0, 400).Select(i => $"line {i} of a body\n"));

    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Theory]
    [InlineData("gzip")]
    [InlineData(null)]
    public async Task A_truncated_response_of_an_HTTP2_backend_does_not_look_complete(string? accepted)
    {
        await using var backend = Http2Backend.Start(_ => Http2Reaction.Halve);
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend.Address).Set("Backends:www:Http2", "true").Set("Compression:Enabled", "true")
        );

        var reading = () => router.GetAsync("http://www.example.org/", accepted is null ? [] : [("Accept-Encoding", accepted)]);

        await reading.Should().ThrowAsync<HttpRequestException>();
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip;q=1.0, br;q=0.5", "gzip")]
    [InlineData("gzip;q=0.8, br;q=0.9", "br")]
    [InlineData("GZIP ; q=0.001", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*;q=0.5, br;q=0", "gzip")]
    [InlineData("br;q=0, gzip;Q=0", null)]
    [InlineData("gzip;q=0.5, identity", null)]
    [InlineData("gzip, identity;q=0.5", "gzip")]
    [InlineData("identity", null)]
    [InlineData("zstd, deflate", null)]
    [InlineData("gzip;q=high", null)]
    [InlineData("gzip;q=1000", null)]
    [InlineData("brotli, gz", null)]
    [InlineData("", null)]
    public void The_coding_is_the_one_the_client_prefers(string accept, string? coding) =>
        AcceptEncoding.Choose(accept).Should().Be(coding);

    [Theory]
    [InlineData("text/html; charset=utf-8", true)]
    [InlineData("Text/HTML", true)]
    [InlineData("text/css", true)]
    [InlineData("text/javascript", true)]
    [InlineData("application/javascript;charset=utf-8", true)]
    [InlineData("application/json", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("image/svg+xml", true)]
    [InlineData("text/event-stream", false)]
    [InlineData("text/plain", false)]
    [InlineData("image/png", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("text/html-fragment", false)]
    public async Task Text_that_browsers_and_programs_read_is_compressed_and_nothing_else(string type, bool compressed)
    {
        _backend.RespondWith(Message("200 OK", Long, $"Content-Type: {type}"));

        (await CodingOfAsync(_router)).Should().Be(compressed ? "br" : null);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task The_headers_describe_the_encoded_body_and_the_body_is_complete(string coding)
    {
        _backend.RespondWith(
            Message(
                "200 OK",
                Long,
                "Content-Type: text/css",
                "ETag: \"v1\"",
                "Accept-Ranges: bytes",
                "Vary: Origin",
                "Cache-Control: max-age=60",
                "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT"
            )
        );

        using var response = await _router.BeginAsync("GET", "http://www.example.org/site.css", null, ("Accept-Encoding", coding));

        (await DecodedAsync(response)).Should().Be(Long);
        response.Content.Headers.ContentEncoding.Should().Equal(coding);
        response.Content.Headers.NonValidated.Contains("Content-Length").Should().BeFalse();
        response.Headers.NonValidated.Contains("Accept-Ranges").Should().BeFalse();
        response.Headers.NonValidated["ETag"].ToString().Should().Be($"W/\"v1-router-{coding}\"");
        response.Headers.NonValidated["Vary"].ToString().Should().Be("Origin, Accept-Encoding");
        response.Headers.NonValidated["Cache-Control"].ToString().Should().Be("max-age=60");
        response.Content.Headers.NonValidated["Last-Modified"].ToString().Should().Be("Thu, 01 Jan 2026 00:00:00 GMT");
    }

    [Fact]
    public async Task A_client_that_accepts_no_coding_gets_the_backends_bytes_with_Vary_for_caches()
    {
        _backend.RespondWith(Message("200 OK", Long, "Content-Type: text/css", "ETag: \"v1\"", "Accept-Ranges: bytes"));

        var reply = await _router.GetAsync("http://www.example.org/");

        reply.Body.Should().Be(Long);
        reply.Values("Content-Encoding").Should().BeEmpty();
        reply.Value("Content-Length").Should().Be($"{Long.Length}");
        reply.Value("ETag").Should().Be("\"v1\"");
        reply.Value("Accept-Ranges").Should().Be("bytes");
        reply.Value("Vary").Should().Be("Accept-Encoding");
    }

    [Theory]
    [InlineData("200 OK", "Content-Encoding: gzip")]
    [InlineData("200 OK", "Cache-Control: public, No-Transform")]
    [InlineData("200 OK", "Content-Digest: sha-256=:AAAA:")]
    [InlineData("200 OK", "Repr-Digest: sha-256=:AAAA:")]
    [InlineData("200 OK", "Trailer: X-Checksum")]
    public async Task Protected_content_stays_unchanged(string status, string header)
    {
        _backend.RespondWith(Message(status, Long, "Content-Type: text/css", "ETag: \"v1\"", header));

        var reply = await _router.GetAsync("http://www.example.org/", ("Accept-Encoding", "br, gzip"));

        reply.Body.Should().Be(Long);
        reply.Values("Content-Encoding").Should().Equal(header.StartsWith("Content-Encoding", StringComparison.Ordinal) ? ["gzip"] : []);
        reply.Value("Content-Length").Should().Be($"{Long.Length}");
        reply.Value("ETag").Should().Be("\"v1\"");
        reply.Values("Vary").Should().BeEmpty();
    }

    [Fact]
    public async Task Nothing_without_a_body_and_nothing_that_fits_into_a_packet_is_touched()
    {
        foreach (
            var (method, status, body) in new[]
            {
                ("GET", "204 No Content", null),
                ("GET", "304 Not Modified", null),
                ("GET", "200 OK", Long[..1023]),
            }
        )
        {
            var length = body is null ? "" : $"Content-Length: {body.Length}\r\n";
            _backend.RespondWith($"HTTP/1.1 {status}\r\nContent-Type: text/css\r\nETag: \"v1\"\r\n{length}\r\n{body}");

            var reply = await _router.SendAsync(method, "http://www.example.org/", null, ("Accept-Encoding", "br"));

            reply.Values("Content-Encoding").Should().BeEmpty(status);
            reply.Value("ETag").Should().Be("\"v1\"", status);
            reply.Body.Should().Be(body ?? "", status);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.0\r\nHost: www.example.org\r\nAccept-Encoding: gzip\r\n\r\n")]
    [InlineData(
        "GET / HTTP/1.1\r\nHost: www.example.org\r\nAccept-Encoding: gzip\r\nCache-Control: no-transform\r\nConnection: close\r\n\r\n"
    )]
    public async Task A_client_that_could_not_detect_truncation_or_wants_no_transformation_gets_the_plain_body(string request)
    {
        _backend.RespondWith(Message("200 OK", Long, "Content-Type: text/css"));

        var reply = await _router.SendRawAsync(request);

        reply.Body.Should().Be(Long);
        reply.Value("Content-Encoding").Should().BeNull();
    }

    // Who asks and what is set, the type, and whether it is compressed: by default, and with Personal.
    public static TheoryData<string, string, string, bool, bool> SecretsAndTypes =>
        new()
        {
            { "", "", "text/html", true, true },
            { "", "", "application/json", true, true },
            { "Cookie: session=1", "", "text/html", false, true },
            { "Cookie: session=1", "", "application/json", false, true },
            { "Cookie: session=1", "", "application/hal+json", false, true },
            { "Authorization: Bearer x", "", "text/html", false, true },
            { "Authorization: Bearer x", "", "application/json", false, true },
            { "", "Set-Cookie: session=1", "text/html", false, true },
            { "", "Set-Cookie: session=1", "application/json", false, true },
            { "Cookie: session=1", "Set-Cookie: session=1", "text/css", true, true },
            { "Cookie: session=1", "", "text/javascript", true, true },
            { "Authorization: Bearer x", "", "image/svg+xml", true, true },
        };

    [Theory]
    [MemberData(nameof(SecretsAndTypes))]
    public async Task A_secret_and_reflected_input_share_no_compressed_body_unless_that_is_switched_on(
        string ask,
        string set,
        string type,
        bool byDefault,
        bool personal
    )
    {
        _backend.RespondWith(Message("200 OK", Long, set is "" ? [$"Content-Type: {type}"] : [$"Content-Type: {type}", set]));
        (string, string)[] headers = ask is "" ? [] : [(ask.Split(": ")[0], ask.Split(": ")[1])];

        (await CodingOfAsync(_router, "/", headers)).Should().Be(byDefault ? "br" : null);
        (await CodingOfAsync(_router, "/personal", headers)).Should().Be(personal ? "br" : null);
    }

    [Fact]
    public async Task Credentials_that_Router_adds_are_no_secret_of_a_client()
    {
        await using var backend = RawBackend.Responding(Message("200 OK", Long, "Content-Type: text/html"));
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:BasicAuthentication", "dXNlcjpwYXNz")
        );

        (await CodingOfAsync(router)).Should().Be("br");
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task A_page_that_arrives_in_small_pieces_is_forwarded_in_small_pieces(string coding)
    {
        var (router, backend) = (raw.Router, raw.Backend);
        var asking = router.BeginAsync("GET", "http://www.example.org/", null, ("Accept-Encoding", coding));
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n");
        // The header is there before any of the body.
        using var response = await asking;
        using var page = new StreamReader(Decoder(coding, await response.Content.ReadAsStreamAsync().InTime()));
        for (var i = 0; i < 5; i++)
        {
            var line = $"<p>line {i}</p>\n";
            await connection.WriteAsync($"{line.Length:x}\r\n{line}\r\n");
            (await page.ReadLineAsync().InTime()).Should().Be($"<p>line {i}</p>");
        }

        await connection.WriteAsync("0\r\n\r\n");
        (await page.ReadToEndAsync().InTime()).Should().BeEmpty();
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task An_incomplete_body_never_looks_complete(string coding)
    {
        var (router, backend) = (raw.Router, raw.Backend);
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\nAccept-Encoding: {coding}\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 50000\r\n\r\n{Long}");
        (await client.ReadHeadAsync()).Should().Contain($"Content-Encoding: {coding}");

        connection.Reset();
        var (rest, ending) = await client.ReadToEndAsync();

        ending.Should().Be(Ending.Reset);
        rest.Should().NotContain("\r\n0\r\n\r\n", "that would be the end of the chunks");
    }

    [Fact]
    public async Task A_client_that_does_not_read_for_minutes_is_not_the_backends_pause()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), clock);
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        var (piece, pieces) = (new byte[256 * 1024], 96);
        new Random(7).NextBytes(piece);
        await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: {piece.Length * pieces}\r\n\r\n");
        var written = 0;
        async Task WriteAllAsync()
        {
            for (; written < pieces; written++)
                await connection.WriteAsync(piece);
        }

        var writing = WriteAllAsync();
        // Stalled: more than a second for a quarter of a megabyte, and not because there is no more.
        for (var before = -1; before != written; )
        {
            before = written;
            await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(1)));
        }

        writing.IsCompleted.Should().BeFalse("nobody reads it");
        clock.Advance(TimeSpan.FromMinutes(5));
        var (response, ending) = await client.ReadToEndAsync();

        await writing;
        ending.Should().Be(Ending.Finished);
        response.Should().EndWith("\r\n0\r\n\r\n");
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task A_long_body_arrives_complete(string coding)
    {
        var random = new Random(7);
        var body = string.Concat(Enumerable.Range(0, 300_000).Select(_ => $"{random.Next(100_000)}<br>"));
        _backend.RespondWith(Message("200 OK", body, "Content-Type: text/html"));

        using var response = await _router.BeginAsync("GET", "http://www.example.org/", null, ("Accept-Encoding", coding));

        var decoded = await DecodedAsync(response);
        decoded.Should().HaveLength(body.Length);
        decoded.Equals(body, StringComparison.Ordinal).Should().BeTrue();
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task The_access_log_counts_the_bytes_that_went_out(string coding)
    {
        _backend.RespondWith(Message("200 OK", Long, "Content-Type: text/css"));

        using var response = await _router.BeginAsync("GET", $"http://www.example.org/{coding}", null, ("Accept-Encoding", coding));
        var length = (await response.Content.ReadAsByteArrayAsync().InTime()).Length;

        (await _router.AccessLog.NextAsync($"GET /{coding} HTTP/1.1")).Number("size").Should().Be($"{length}");
    }

    [Fact]
    public void A_path_compresses_as_its_host_does_or_as_it_is_configured_itself()
    {
        CompressionPolicy Of(string path, string enabled = "true", string personal = "false")
        {
            RouteTable table = new SiteFile()
                .Frontend("www")
                .Host("www.*", "www")
                .Path("www.*", "/a")
                .Path("www.*", "/b")
                .Set("Compression:Enabled", enabled)
                .Set("Compression:Personal", personal)
                .Set("Hosts:www.*:Paths:/a:Compression", "Off")
                .Set("Hosts:www.*:Paths:/b:Compression", "on")
                .ToTable();
            return table.Match("www.example.org", path).Route!.Compression;
        }

        Of("/").Should().Be(CompressionPolicy.On);
        Of("/a").Should().Be(CompressionPolicy.Off);
        Of("/b", enabled: "false").Should().Be(CompressionPolicy.On);
        Of("/", enabled: "false", personal: "true").Should().Be(CompressionPolicy.Off);
        Of("/", personal: "true").Should().Be(CompressionPolicy.Personal);
        Of("/a", personal: "true").Should().Be(CompressionPolicy.Off);
    }

    [Theory]
    [InlineData("Compression:Enabled", "maybe", "Router:Compression:Enabled: is 'maybe'")]
    [InlineData("Compression:Level", "9", "Router:Compression:Level: is not a key that Router knows")]
    [InlineData("Hosts:www.*:Compression", "always", "Router:Hosts:www.*:Compression: is 'always'. Choose one of Off, On, Personal")]
    public void A_mistyped_name_is_an_error(string key, string value, string violation) =>
        SiteFile
            .Of("www.*", "http://www.invalid")
            .Set(key, value)
            .Read()
            .Errors.Should()
            .ContainSingle()
            .Which.ToString()
            .Should()
            .StartWith(violation);

    private static string Message(string status, string body, params string[] headers) =>
        $"HTTP/1.1 {status}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}Content-Length: {body.Length}\r\n\r\n{body}";

    private static async Task<string?> CodingOfAsync(RunningRouter router, string path = "/", params (string, string)[] headers) =>
        (await router.GetAsync("http://www.example.org" + path, [("Accept-Encoding", "br"), .. headers])).Value("Content-Encoding");

    private static async Task<string> DecodedAsync(HttpResponseMessage response)
    {
        using var text = new StreamReader(
            Decoder(response.Content.Headers.ContentEncoding.Single(), await response.Content.ReadAsStreamAsync().InTime()),
            Encoding.Latin1
        );
        return await text.ReadToEndAsync().InTime();
    }

    private static Stream Decoder(string coding, Stream stream) =>
        coding == "identity" ? stream
        : coding == "br" ? new BrotliStream(stream, CompressionMode.Decompress)
        : new GZipStream(stream, CompressionMode.Decompress);

    /// <summary>A site that compresses as it does by default, and one path as for personal pages.</summary>
    public sealed class Site()
        : SharedSite(address =>
            SiteFile.Of("www.*", address).Path("www.*", "/personal").Set("Hosts:www.*:Paths:/personal:Compression", "personal")
        );
}
