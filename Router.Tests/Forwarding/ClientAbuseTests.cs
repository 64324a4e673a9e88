using System.Text;
using Xunit.Abstractions;

namespace Router.Tests.Forwarding;

/// <summary>Whatever a client does, it is no error of Router's, and nothing of it is logged as one.</summary>
public sealed class ClientAbuseTests(ITestOutputHelper output)
{
    private const int Abuses = 300;
    private const int AtOnce = 8;

    private static readonly string[] Http1Requests =
    [
        "GET {0} HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
        "GET http://other.example.org{0} HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
        "POST {0} HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 100000\r\n\r\n{1}",
        "POST {0} HTTP/1.1\r\nHost: www.example.org\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n{1}",
        "POST {0} HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n{1}\r\n0\r\nX-Sum: 1\r\n\r\n",
        "POST {0} HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n{1}",
        "POST {0} HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX Sum: 1\r\n\r\n",
        "POST {0} HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n{1}",
        "GET /socket HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\u0081\u0085\0\0\0\0hello{1}",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];

    // What stands for {1}.
    private static readonly byte[] Body = Encoding.Latin1.GetBytes(new string('x', 100_000));

    public static TheoryData<string> Http2Abuses => [.. Abuse.Keys];

    private static readonly Dictionary<string, byte[]> Abuse = new()
    {
        ["RST_STREAM"] = Http2Frames.Reset(1),
        ["RST_STREAM with no error"] = Http2Frames.Frame(3, 0, 1, [0, 0, 0, 0]),
        ["RST_STREAM that is too short"] = Http2Frames.Frame(3, 0, 1, [0]),
        ["RST_STREAM of a stream that never was"] = Http2Frames.Reset(99),
        ["GOAWAY"] = Http2Frames.Frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
        ["GOAWAY with an error"] = Http2Frames.Frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 2]),
        ["GOAWAY on a stream"] = Http2Frames.Frame(7, 0, 1, [0, 0, 0, 0, 0, 0, 0, 0]),
        ["DATA on stream 0"] = Http2Frames.Data(0, false, "x"),
        ["DATA with more padding than data"] = Http2Frames.Frame(0, 8, 1, [200, 1]),
        ["DATA beyond the window"] =
        [
            .. Enumerable.Repeat(Http2Frames.Data(1, false, new string('x', 16_384)), 100).SelectMany(frame => frame),
        ],
        ["DATA after the end of the stream"] = [.. Http2Frames.Data(1, true, "x"), .. Http2Frames.Data(1, false, "x")],
        ["a frame that is too large"] = Http2Frames.Frame(0, 0, 1, new byte[100_000]),
        ["SETTINGS of a wrong length"] = Http2Frames.Frame(4, 0, 0, [0]),
        ["SETTINGS with a window that is too large"] = Http2Frames.Frame(4, 0, 0, [0, 4, 255, 255, 255, 255]),
        ["WINDOW_UPDATE of zero on a stream"] = Http2Frames.Frame(8, 0, 1, [0, 0, 0, 0]),
        ["WINDOW_UPDATE of zero"] = Http2Frames.Frame(8, 0, 0, [0, 0, 0, 0]),
        ["WINDOW_UPDATE that overflows on a stream"] = Http2Frames.Frame(8, 0, 1, [127, 255, 255, 255]),
        ["CONTINUATION without HEADERS"] = Http2Frames.Frame(9, 4, 1, [0]),
        ["HEADERS that a frame of another kind interrupts"] = [.. Http2Frames.Frame(1, 0, 3, [0x82]), .. Http2Frames.Data(1, false, "x")],
        ["PUSH_PROMISE"] = Http2Frames.Frame(5, 4, 1, [0, 0, 0, 2]),
        ["an unknown frame"] = Http2Frames.Frame(200, 255, 1, [1, 2, 3]),
        ["trailers that are not compressed as they should be"] = Http2Frames.Frame(1, 5, 1, [255, 255, 255, 255, 255]),
        ["trailers with a pseudo-header"] = Http2Frames.Headers(1, true, (":path", "/x")),
        ["trailers with upper-case letters"] = Http2Frames.Headers(1, true, ("X-Sum", "1")),
        ["trailers with a line break"] = Http2Frames.Headers(1, true, ("x-sum", "1\r\nx: y")),
        ["trailers with a name that is none"] = Http2Frames.Headers(1, true, ("x(sum)", "1")),
        ["trailers that do not end the stream"] = Http2Frames.Headers(1, false, ("x-sum", "1")),
        ["trailers that are too long"] = Http2Frames.Headers(
            1,
            true,
            ("x-sum", new string('x', 16_000)),
            ("x-more", new string('x', 16_000))
        ),
        ["no frame at all"] = [.. Enumerable.Repeat((byte)'x', 200)],
        ["the end of the connection"] = [],
    };

    [Theory]
    [MemberData(nameof(Http2Abuses))]
    public async Task A_violation_of_HTTP2_in_the_middle_of_a_body_is_no_error_in_the_log(string name)
    {
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), "Http2");
        foreach (var resets in new[] { false, true })
        {
            foreach (var responds in new[] { false, true })
            {
                using var client = await router.ConnectAsync();
                byte[] request = [.. Http2Frames.Preface, .. Post(1, "/"), .. Http2Frames.Data(1, false, "hello")];
                await client.WriteAsync(request);
                using var connection = await backend.AcceptAsync();
                await connection.ReadThroughAsync("hello");
                if (responds)
                    await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n");

                await SendAsync(client, Abuse[name], Abuse[name].Length);
                End(client, resets ? 1 : 0);

                await router.AccessLog.NextLineAsync();
            }
        }

        await router.App.StopAsync();
        router.Log.ErrorsAndExceptions().Should().BeEmpty();
    }

    [Theory]
    [InlineData("Http1")]
    [InlineData("Http2")]
    public async Task No_client_can_make_Router_log_an_error(string protocol)
    {
        var seed = Seed.Next(output);
        await using var backend = AbusedBackend.Start();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), protocol);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Abuses),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (number, _) =>
            {
                var random = new Random(unchecked(seed + number));
                using var client = await router.ConnectAsync();
                var bytes = protocol == "Http1" ? DrawHttp1(random) : DrawHttp2(random);
                await SendAsync(client, bytes, random.Next(4) == 0 ? bytes.Length : random.Next(bytes.Length));
                // Some end at once, some when Router has had its turn.
                for (var turns = random.Next(200); turns > 0; turns--)
                    await Task.Yield();
                End(client, random.Next(3));
            }
        );

        await router.App.StopAsync();
        router.Log.ErrorsAndExceptions().Should().BeEmpty("ROUTER_SEED={0} must not make an error of Router's", seed);
    }

    private static byte[] DrawHttp1(Random random)
    {
        var bytes = new List<byte>();
        for (var left = random.Next(1, 4); left > 0; left--)
        {
            var request = Http1Requests[random.Next(Http1Requests.Length)].Replace("{0}", Path(random), StringComparison.Ordinal);
            var body = request.IndexOf("{1}", StringComparison.Ordinal);
            bytes.AddRange(Encoding.Latin1.GetBytes(body < 0 ? request : request[..body]));
            if (body < 0)
                continue;
            bytes.AddRange(Body);
            bytes.AddRange(Encoding.Latin1.GetBytes(request[(body + 3)..]));
        }

        var all = bytes.ToArray();
        Spoil(all, random);
        return all;
    }

    private static byte[] DrawHttp2(Random random)
    {
        var bytes = new List<byte>(Http2Frames.Preface);
        var (stream, abuses) = (1, Abuse.Values.ToArray());
        for (var i = random.Next(1, 12); i > 0; i--, stream += random.Next(2) * 2)
        {
            bytes.AddRange(
                random.Next(6) switch
                {
                    0 => Post(stream, Path(random)),
                    1 => Http2Frames.Headers(
                        stream,
                        true,
                        (":method", "GET"),
                        (":scheme", "http"),
                        (":authority", "www.example.org"),
                        (":path", Path(random))
                    ),
                    2 => Http2Frames.Headers(
                        stream,
                        false,
                        (":method", "CONNECT"),
                        (":protocol", "websocket"),
                        (":scheme", "http"),
                        (":authority", "www.example.org"),
                        (":path", AbusedBackend.WebSocketPath),
                        ("sec-websocket-version", "13")
                    ),
                    3 => Http2Frames.Data(stream, random.Next(4) == 0, new string('x', random.Next(16_384))),
                    4 => Http2Frames.Data(1, random.Next(4) == 0, "\u0081\u0085\0\0\0\0hello"),
                    _ => abuses[random.Next(abuses.Length)],
                }
            );
        }

        var all = bytes.ToArray();
        if (random.Next(4) == 0)
            Spoil(all.AsSpan(Http2Frames.Preface.Length), random);
        return all;
    }

    private static byte[] Post(int stream, string path) =>
        Http2Frames.Headers(stream, false, (":method", "POST"), (":scheme", "http"), (":authority", "www.example.org"), (":path", path));

    private static string Path(Random random) => AbusedBackend.Paths[random.Next(AbusedBackend.Paths.Length)];

    private static void Spoil(Span<byte> bytes, Random random)
    {
        if (random.Next(2) == 0 && bytes.Length > 0)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
    }

    // Router may have closed the connection already.
    private static async Task SendAsync(RawConnection client, byte[] bytes, int length)
    {
        try
        {
            await client.WriteAsync(bytes.AsMemory(0, length));
        }
        catch (Exception gone) when (gone is IOException or TimeoutException) { }
    }

    private static void End(RawConnection client, int how)
    {
        switch (how)
        {
            case 0:
                client.Dispose();
                break;
            case 1:
                client.Reset();
                break;
            default:
                try
                {
                    client.FinishWriting();
                }
                catch (System.Net.Sockets.SocketException)
                {
                    // Router was first.
                }

                break;
        }
    }
}
