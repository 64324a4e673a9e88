using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Xunit.Abstractions;

namespace Router.Tests.Forwarding;

/// <summary>
/// What a backend receives is what a client sent, and the other way round, but for the documented changes: whatever the methods, headers,
/// bodies, chunks, and however the bytes arrive. A seed that fails can be given again in <c>ROUTER_SEED</c>.
/// </summary>
public sealed class ForwardingPropertyTests(ITestOutputHelper output)
{
    private const int RequestsOnEach = 60;

    private static readonly int Connections = Seed.Cases(160);

    private static readonly string[] Methods =
    [
        "GET",
        "POST",
        "PUT",
        "DELETE",
        "PATCH",
        "OPTIONS",
        "PROPFIND",
        "get",
        "head",
        "X-!#$%&'*+.^_`|~1",
    ];
    private static readonly string[] KnownNames =
    [
        "Accept",
        "Accept-Language",
        "Cookie",
        "Content-Type",
        "If-None-Match",
        "User-Agent",
        "Range",
        "Cache-Control",
        "Expires",
        "Content-Language",
        "X-A",
        "X-B",
        "Authorization",
        "Referer",
        "Origin",
        "Link",
    ];

    [Fact]
    public async Task Thousands_of_random_requests_and_responses_arrive_as_they_were_sent()
    {
        var seed = Seed.Next(output);
        var planned = new ConcurrentDictionary<string, Message>();
        var received = new ConcurrentDictionary<string, RawMessage?>();
        await using var backend = RawBackend.Start(connection => RespondAsync(connection, planned, received));
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend).Set("Limits:MaxHeaderSize", "64KiB"));

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Connections),
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (number, _) =>
            {
                var random = new Random(unchecked(seed + number));
                using var client = await router.ConnectAsync();
                for (var i = 0; i < RequestsOnEach; i++)
                {
                    var id = $"{number}-{i}";
                    var because = $"case {id} of seed {seed}";
                    var method = Methods[random.Next(Methods.Length)];
                    var target = $"/{id}/{Text(random, "abc%41;=@:!$&'()*+,-._~/", 30)}?{Text(random, "abc%2F?/:@[]{}|^`\\\"", 30)}";
                    var request = Message.Random(random, $"{method} {target} HTTP/1.1\r\nHost: www.example.org\r\n", isResponse: false);
                    var response = planned[id] = Message.Random(random, "HTTP/1.1 200 OK\r\n", isResponse: true);
                    await WriteInPiecesAsync(client, request.Bytes, random);
                    var reply = await client.ReadMessageAsync();

                    var atBackend = received[id]!;
                    Compare(request, atBackend, because);
                    atBackend.FirstLine.Should().Be($"{method} {target} HTTP/1.1", because);
                    atBackend.Values("Host").Should().Equal([backend.Authority], because);
                    reply!.Status.Should().Be(200, because);
                    Compare(response, reply, because);
                    // That it came remains known; hundreds of megabytes of bodies need not remain in memory.
                    received[id] = null;
                }
            }
        );

        received.Count.Should().Be(Connections * RequestsOnEach);
        backend.Connections.Should().BeLessThan(Connections * RequestsOnEach, "connections are used again");
    }

    private static async Task RespondAsync(
        RawConnection connection,
        ConcurrentDictionary<string, Message> planned,
        ConcurrentDictionary<string, RawMessage?> received
    )
    {
        var random = new Random(7);
        while (await connection.ReadMessageAsync() is { } request)
        {
            var id = request.Target.Split('/')[1];
            received.TryAdd(id, request).Should().BeTrue("nothing is sent twice");
            planned.TryRemove(id, out var response).Should().BeTrue();
            await WriteInPiecesAsync(connection, response!.Bytes, random);
        }
    }

    private static void Compare(Message sent, RawMessage got, string because)
    {
        got.Content.AsSpan().SequenceEqual(sent.Body).Should().BeTrue($"the body is the one of {because}");
        var lines = got.Head.Split("\r\n");
        foreach (var of in sent.Headers.GroupBy(header => header.Name, header => header.Value, StringComparer.OrdinalIgnoreCase))
            ValuesOf(lines, of.Key).Should().Equal(of.Select(value => value.Trim(' ', '\t')), $"{of.Key} in {because}");

        // Nothing besides what is documented.
        string[] added =
        [
            "Host",
            "Content-Length",
            "Transfer-Encoding",
            "X-Forwarded-For",
            "X-Forwarded-Proto",
            "X-Forwarded-Host",
            "Date",
        ];
        got.Headers.Select(header => header.Name)
            .Except(sent.Headers.Select(header => header.Name), StringComparer.OrdinalIgnoreCase)
            .Except(added, StringComparer.OrdinalIgnoreCase)
            .Should()
            .BeEmpty(because);
        if (sent.Framing is { } framing)
            got.Values(framing).Should().ContainSingle(because);
        else if (got.FirstLine.StartsWith("HTTP", StringComparison.Ordinal))
            got.Values("Content-Length").Concat(got.Values("Transfer-Encoding")).Should().ContainSingle(because);
        else
            got.Values("Content-Length").Concat(got.Values("Transfer-Encoding")).Should().BeEmpty(because);
    }

    // Blanks and tabs surround a value (RFC 9110 section 5.6.3), and no other octet that some alphabet calls white.
    private static IEnumerable<string> ValuesOf(string[] lines, string name) =>
        from line in lines.Skip(1)
        where line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)
        select line[(name.Length + 1)..].Trim(' ', '\t');

    private static async Task WriteInPiecesAsync(RawConnection connection, ReadOnlyMemory<byte> bytes, Random random)
    {
        var whole = random.Next(3) == 0;
        for (var at = 0; at < bytes.Length; )
        {
            var length =
                whole ? bytes.Length
                : random.Next(4) == 0 ? random.Next(1, 4)
                : random.Next(1, 2000);
            length = Math.Min(length, bytes.Length - at);
            await connection.WriteAsync(bytes.Slice(at, length));
            at += length;
            if (random.Next(3) == 0)
                await Task.Yield();
        }
    }

    private static string Text(Random random, string characters, int max)
    {
        var text = new StringBuilder();
        for (var left = random.Next(max); left > 0; left--)
        {
            var c = characters[random.Next(characters.Length)];
            if (c == '%')
                text.Append("%4").Append(random.Next(10));
            else
                text.Append(c);
        }

        return text.ToString();
    }

    /// <param name="Headers">What is compared.</param>
    /// <param name="Framing">The header that frames the body; null where none need arrive.</param>
    /// <param name="Body">The body without its framing.</param>
    /// <param name="Bytes">What is sent.</param>
    private sealed record Message(
        IReadOnlyList<(string Name, string Value)> Headers,
        string? Framing,
        byte[] Body,
        ReadOnlyMemory<byte> Bytes
    )
    {
        public static Message Random(Random random, string start, bool isResponse)
        {
            var headers = new List<(string Name, string Value)>();
            for (var left = random.Next(12); left > 0; left--)
                headers.Add((Name(random, isResponse), Value(random)));
            var head = new StringBuilder(start);
            foreach (var (name, value) in headers)
                head.Append(name)
                    .Append(random.Next(4) == 0 ? ":" : ": ")
                    .Append(value)
                    .Append(random.Next(6) == 0 ? " \t" : "")
                    .Append("\r\n");
            var body = random.Next(3) == 0 ? [] : Octets(random, random.Next(5) == 0 ? 200_000 : 2_000);
            var framing = random.Next(isResponse || body.Length > 0 ? 2 : 3);
            var bytes = new ArrayBufferWriter<byte>(body.Length + 4_096);
            void Write(string text) => Encoding.Latin1.GetBytes(text, bytes);
            Write(head.ToString());
            switch (framing)
            {
                case 0:
                    Write($"Content-Length: {body.Length}\r\n\r\n");
                    bytes.Write(body);
                    return new Message(headers, "Content-Length", body, bytes.WrittenMemory);
                case 1:
                    Write("Transfer-Encoding: chunked\r\n\r\n");
                    for (var at = 0; at < body.Length; )
                    {
                        var size = Math.Min(body.Length - at, random.Next(3) == 0 ? random.Next(1, 10) : random.Next(1, 20_000));
                        var digits = size.ToString(random.Next(2) == 0 ? "x" : "X4", CultureInfo.InvariantCulture);
                        Write($"{digits}{(random.Next(4) == 0 ? ";a=\"b\"" : "")}\r\n");
                        bytes.Write(body.AsSpan(at, size));
                        Write("\r\n");
                        at += size;
                    }

                    Write("0\r\n\r\n");
                    // An empty chunked response may leave as one of length zero.
                    var arrives = isResponse && body.Length == 0 ? null : "Transfer-Encoding";
                    return new Message(headers, arrives, body, bytes.WrittenMemory);
                default:
                    Write("\r\n");
                    return new Message(headers, null, [], bytes.WrittenMemory);
            }
        }

        private static string Name(Random random, bool isResponse)
        {
            if (random.Next(2) == 0)
                return KnownNames[random.Next(KnownNames.Length)];
            var name = new StringBuilder(isResponse ? "Y-" : "Z-");
            for (var left = random.Next(1, 20); left > 0; left--)
                name.Append("abcXYZ019!#$%&'*+-.^_`|~"[random.Next(24)]);
            return name.ToString();
        }

        // Visible ASCII, Latin-1 and UTF-8 octets, blanks inside.
        private static string Value(Random random)
        {
            var value = new StringBuilder();
            for (var left = random.Next(60); left > 0; left--)
            {
                value.Append(
                    random.Next(5) switch
                    {
                        0 => ((char)random.Next(0x80, 0x100)).ToString(),
                        1 => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("\u20ac\u00fc"[random.Next(2)].ToString())),
                        2 => " \t,;="[random.Next(5)].ToString(),
                        _ => ((char)random.Next(0x21, 0x7f)).ToString(),
                    }
                );
            }

            return value.ToString().Trim(' ', '\t');
        }

        private static byte[] Octets(Random random, int max)
        {
            var octets = new byte[random.Next(max)];
            random.NextBytes(octets);
            return octets;
        }
    }
}
