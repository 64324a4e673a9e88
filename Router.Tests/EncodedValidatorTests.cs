using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Primitives;
using Router.Headers;

namespace Router.Tests;

/// <summary>
/// Entity tags, conditions and ranges where Router compresses: the client's version and the backend's are the same one under two names.
/// </summary>
public sealed class EncodedValidatorTests(PlainSite site) : IClassFixture<PlainSite>
{
    private const string Url = "http://www.example.org/site.css";

    private static readonly string Body = string.Concat(Enumerable.Range(0, 400).Select(i => $"line {i} of a body\n"));

    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task A_client_that_read_a_compressed_version_can_replace_it(string coding)
    {
        _backend.RespondWith(Store("\"v7\""));

        var read = await _router.GetAsync(Url, ("Accept-Encoding", coding));
        var tag = read.Value("ETag")!;
        // A script's PUT need not accept what its GET accepted.
        var written = await _router.SendAsync("PUT", Url, new StringContent("new"), ("If-Match", $"\"v1\", {tag}"));
        var lost = await _router.SendAsync(
            "PUT",
            Url,
            new StringContent("new"),
            ("If-Match", tag.Replace("v7", "v6", StringComparison.Ordinal))
        );

        tag.Should().Be($"W/\"v7-router-{coding}\"");
        written.Status.Should().Be(200);
        lost.Status.Should().Be(412);
    }

    [Fact]
    public async Task The_tag_in_a_response_to_PUT_is_that_of_what_was_stored()
    {
        _backend.RespondWith(Message("200 OK", Body, "ETag: \"v8\""));

        var written = await _router.SendAsync("PUT", Url, new StringContent("new"), ("Accept-Encoding", "br"));

        written.Value("Content-Encoding").Should().Be("br");
        written.Value("ETag").Should().Be("\"v8\"");
    }

    [Theory]
    [InlineData("br", "W/\"v7-router-br\"", 304, "W/\"v7-router-br\"")]
    [InlineData("gzip, br", "\"v1\", W/\"v7-router-br\"", 304, "W/\"v7-router-br\"")]
    [InlineData("br", "W/\"v7-router-gzip\", W/\"v7-router-br\"", 304, "W/\"v7-router-br\"")]
    [InlineData("br", "\"v7\"", 304, "\"v7\"")]
    // What this client would get now is another representation: a cache that heard 304 would give it what it can't read.
    [InlineData("identity", "W/\"v7-router-br\"", 200, "\"v7\"")]
    [InlineData("gzip", "W/\"v7-router-br\"", 200, "W/\"v7-router-gzip\"")]
    [InlineData("br", "W/\"v6-router-br\"", 200, "W/\"v7-router-br\"")]
    [InlineData("br", "\"v7-router-br\"", 200, "W/\"v7-router-br\"")]
    public async Task A_copy_that_is_still_fresh_is_confirmed_with_its_own_tag(string accept, string known, int status, string tag)
    {
        _backend.RespondWith(Store("\"v7\""));

        var reply = await _router.GetAsync(Url, ("Accept-Encoding", accept), ("If-None-Match", known));

        reply.Status.Should().Be(status);
        reply.Value("ETag").Should().Be(tag);
        if (known != "\"v7\"")
            reply.Value("Vary").Should().Be("Accept-Encoding");
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("identity", null)]
    public async Task HEAD_says_what_GET_would_say(string accept, string? coding)
    {
        _backend.RespondWith(Store("\"v7\""));

        var get = await _router.GetAsync(Url, ("Accept-Encoding", accept));
        var head = await _router.SendAsync("HEAD", Url, null, ("Accept-Encoding", accept));

        foreach (var name in new[] { "ETag", "Vary", "Content-Encoding", "Accept-Ranges", "Content-Length", "Content-Type" })
            head.Value(name).Should().Be(get.Value(name), name);
        head.Value("Content-Encoding").Should().Be(coding);
        head.Body.Should().BeEmpty();
    }

    [Theory]
    [InlineData("If-Range", "W/\"v7-router-br\"", "br")]
    [InlineData("If-Range", "W/\"v7-router-br\"", "identity")]
    [InlineData("If-Range", "W/\"v7\"", "identity")]
    [InlineData("If-Range", "Thu, 01 Jan 2026 00:00:00 GMT", "br")]
    [InlineData("If-Unmodified-Since", "Thu, 01 Jan 2026 00:00:00 GMT", "br")]
    [InlineData("If-Match", "W/\"v7-router-br\"", "br")]
    [InlineData("If-None-Match", "W/\"v6-router-br\"", "br")]
    public async Task A_download_of_compressed_bytes_starts_over_and_is_never_continued_with_plain_ones(
        string condition,
        string value,
        string accept
    )
    {
        _backend.RespondWith(Store("\"v7\""));

        var reply = await _router.BeginAsync("GET", Url, null, ("Accept-Encoding", accept), ("Range", "bytes=100-"), (condition, value));

        using (reply)
        {
            ((int)reply.StatusCode).Should().Be(200);
            var bytes = await reply.Content.ReadAsByteArrayAsync().InTime();
            (accept == "br" ? await PlainAsync(bytes) : Encoding.Latin1.GetString(bytes)).Should().Be(Body);
        }
    }

    [Theory]
    [InlineData("If-Range", "\"v7\"", "br")]
    [InlineData("If-Range", "\"v7\"", "identity")]
    [InlineData("If-Range", "Thu, 01 Jan 2026 00:00:00 GMT", "identity")]
    public async Task A_download_of_plain_bytes_is_continued(string condition, string value, string accept)
    {
        _backend.RespondWith(Store("\"v7\""));

        var reply = await _router.GetAsync(Url, ("Accept-Encoding", accept), ("Range", "bytes=100-"), (condition, value));

        reply.Status.Should().Be(206);
        reply.Body.Should().Be(Body[100..]);
        reply.Value("ETag").Should().Be("\"v7\"");
        reply.Value("Vary").Should().Be("Accept-Encoding");
        reply.Value("Content-Encoding").Should().BeNull();
    }

    [Fact]
    public async Task A_weak_tag_of_the_backend_stays_as_it_is_in_both_directions()
    {
        _backend.RespondWith(Store("W/\"v7\""));

        var read = await _router.GetAsync(Url, ("Accept-Encoding", "br"));
        var again = await _router.GetAsync(Url, ("Accept-Encoding", "br"), ("If-None-Match", read.Value("ETag")!));

        read.Value("ETag").Should().Be("W/\"v7\"");
        read.Value("Content-Encoding").Should().Be("br");
        again.Status.Should().Be(304);
        again.Value("ETag").Should().Be("W/\"v7\"");
    }

    [Fact]
    public async Task Where_the_route_does_not_compress_conditions_and_tags_stay_as_they_are()
    {
        await using var store = WireMockBackend.Responding(200, Body, ("Content-Type", "text/css"), ("ETag", "W/\"v7-router-br\""));
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", store).Set("Hosts:www.*:Compression", "off"));

        var reply = await router.GetAsync(
            Url,
            ("Accept-Encoding", "br"),
            ("If-Match", "W/\"v7-router-br\""),
            ("If-None-Match", "W/\"v7-router-br\""),
            ("If-Range", "W/\"v7-router-br\""),
            ("Range", "bytes=1-")
        );

        var request = await store.RequestAsync();
        foreach (var name in new[] { "If-Match", "If-None-Match", "If-Range" })
            request.Value(name).Should().Be("W/\"v7-router-br\"");
        request.Value("Range").Should().Be("bytes=1-");
        reply.Value("ETag").Should().Be("W/\"v7-router-br\"");
    }

    [Theory]
    [InlineData("*", "*")]
    [InlineData("", "")]
    [InlineData("\"a\", W/\"b\"", "\"a\", W/\"b\"")]
    [InlineData("W/\"a-router-br\"", "\"a\"")]
    [InlineData("\"x\",W/\"a-router-br\" , W/\"b,c-router-gzip\",\"y\"", "\"x\",\"a\" , \"b,c\",\"y\"")]
    [InlineData("W/\"a-router-zstd\"", "W/\"a-router-zstd\"")]
    [InlineData("\"a-router-br\"", "\"a-router-br\"")]
    [InlineData("W/\"-router-br-router-br\"", "\"-router-br\"")]
    [InlineData("W/\"a-router-br", "W/\"a-router-br")]
    [InlineData("W/a-router-br\"", "W/a-router-br\"")]
    public void Each_tag_of_a_list_is_restored_separately(string sent, string restored) =>
        EncodedTags.Restore(sent, coding: null).Should().Equal(restored);

    [Theory]
    [InlineData("\"v7\"")]
    [InlineData("\"\"")]
    [InlineData("\"a-router-br\"")]
    [InlineData("\"a,b\"")]
    public void A_tag_is_returned_unchanged(string tag) =>
        EncodedTags.Restore(new StringValues(EncodedTags.Of(tag, "gzip")), "gzip").Should().Equal(tag);

    // A store with optimistic locking, as RFC 9110 section 13 has it: one document with one tag, ranges, and strong comparison for If-Match
    // and If-Range.
    private Func<RawConnection, Task> Store(string tag) =>
        async connection =>
        {
            var request = _backend.Requests[^1];
            string[] headers = [$"ETag: {tag}", "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT", "Accept-Ranges: bytes"];
            var body = request.Method == "HEAD" ? "" : Body;
            var isStrong = tag.StartsWith('"');
            if (request.Value("If-Match") is { } match && !(isStrong && match.Split(", ").Contains(tag)))
                await connection.WriteAsync(Message("412 Precondition Failed", ""));
            else if (
                request.Value("If-None-Match") is { } none
                && none.Replace("W/", "", StringComparison.Ordinal).Split(", ").Contains(tag.Replace("W/", "", StringComparison.Ordinal))
            )
                await connection.WriteAsync($"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n");
            // One that compares letter by letter, and so takes a weak tag too.
            else if (
                request.Value("Range") is not null
                && (
                    request.Value("If-Range") is not { } range
                    || range == tag
                    || range == "W/" + tag
                    || range.StartsWith("Thu", StringComparison.Ordinal)
                )
            )
                await connection.WriteAsync(
                    Message("206 Partial Content", Body[100..], [.. headers, $"Content-Range: bytes 100-{Body.Length - 1}/{Body.Length}"])
                );
            else
                await connection.WriteAsync(
                    $"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\n"
                        + $"{string.Concat(headers.Select(header => header + "\r\n"))}Content-Length: {Body.Length}\r\n\r\n{body}"
                );
        };

    private static string Message(string status, string body, params string[] headers) =>
        $"HTTP/1.1 {status}\r\nContent-Type: text/css\r\n{string.Concat(headers.Select(header => header + "\r\n"))}Content-Length: "
        + $"{body.Length}\r\n\r\n{body}";

    private static async Task<string> PlainAsync(byte[] bytes)
    {
        using var text = new StreamReader(new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress), Encoding.Latin1);
        return await text.ReadToEndAsync();
    }
}
