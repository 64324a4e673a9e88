using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Forwarding;

/// <summary>
/// Against a backend that fails in every way, each outcome is one of three: the whole right response, a response of Router's own that says
/// what happened, or a connection that ends before the response does. Never a clean end of half a response, and never a POST twice.
/// </summary>
public sealed class FaultyBackendTests
{
    private const string Body = "0123456789abcdefghijklmnopqrstuvwxyz";
    private static readonly string ByLength = $"HTTP/1.1 200 OK\r\nX-Right: 1\r\nContent-Length: {Body.Length}\r\n\r\n{Body}";
    private static readonly string InChunks =
        $"HTTP/1.1 200 OK\r\nX-Right: 1\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{Body[..16]}\r\n14\r\n{Body[16..]}\r\n0\r\n\r\n";
    private static readonly string WithTrailers =
        $"HTTP/1.1 200 OK\r\nX-Right: 1\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{Body[..16]}\r\n14\r\n"
        + $"{Body[16..]}\r\n0\r\nX-Sum: 7\r\n\r\n";

    [Theory]
    [InlineData("length", false)]
    [InlineData("length", true)]
    [InlineData("chunks", false)]
    [InlineData("chunks", true)]
    [InlineData("trailers", false)]
    [InlineData("trailers", true)]
    public async Task A_backend_that_ends_at_any_byte_of_its_response_never_makes_a_response_that_looks_complete(string kind, bool resets)
    {
        var response = kind switch
        {
            "length" => ByLength,
            "chunks" => InChunks,
            _ => WithTrailers,
        };
        var posts = new Posts();
        await using var backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is { } request)
            {
                posts.Saw(request);
                var cut = int.Parse(request.Target.Split('/')[2], System.Globalization.CultureInfo.InvariantCulture);
                await connection.WriteAsync(response[..cut]);
                if (cut == response.Length)
                    continue;
                if (resets)
                    connection.Reset();
                else
                    connection.Dispose();
                return;
            }
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend));
        var outcomes = new Outcomes();

        for (var cut = 0; cut <= response.Length; cut++)
        {
            // A good one before it: the connection that is cut is a fresh one and a kept one in turn.
            if (cut % 2 == 0)
                outcomes.Add(await AskAsync(router, posts.Next("GET", response.Length)));
            outcomes.Add(await AskAsync(router, posts.Next("GET", cut)), cut == response.Length);
            outcomes.Add(await AskAsync(router, posts.Next("POST", cut)), cut == response.Length);
        }

        outcomes.Whole.Should().BeGreaterThan(response.Length / 2);
        outcomes.Own.Should().BeGreaterThan(10);
        outcomes.Broken.Should().BeGreaterThan(10);
        posts.Twice.Should().BeEmpty();
        await Eventually.Async(() => router.Site.Backends[0] is { InFlight: 0 } upstream && upstream.Destinations[0].InFlight == 0);
    }

    [Theory]
    [InlineData("resets at once")]
    [InlineData("resets in the request")]
    [InlineData("closes after the request")]
    [InlineData("stalls before the response")]
    [InlineData("stalls in the response")]
    [InlineData("any of these")]
    public async Task A_backend_that_resets_and_stalls_gets_no_write_twice(string how)
    {
        var posts = new Posts();
        var number = 0;
        await using var backend = RawBackend.Start(async connection =>
        {
            string[] all =
            [
                "resets at once",
                "resets in the request",
                "closes after the request",
                "stalls before the response",
                "stalls in the response",
                "works",
            ];
            while (true)
            {
                var turn = Interlocked.Increment(ref number);
                var now =
                    turn % 3 == 0 ? "works"
                    : how == "any of these" ? all[turn % all.Length]
                    : how;
                if (now == "resets at once")
                {
                    connection.Reset();
                    return;
                }

                if (now == "resets in the request")
                {
                    await connection.ReadThroughAsync("Host:");
                    connection.Reset();
                    return;
                }

                if (await connection.ReadMessageAsync() is not { } request)
                    return;
                posts.Saw(request);
                switch (now)
                {
                    case "closes after the request":
                        connection.Dispose();
                        return;
                    case "stalls before the response":
                        await connection.ReadToEndAsync();
                        return;
                    case "stalls in the response":
                        await connection.WriteAsync(ByLength[..^5]);
                        await connection.ReadToEndAsync();
                        return;
                    default:
                        await connection.WriteAsync(ByLength);
                        break;
                }
            }
        });
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("*", backend).Set("Backends:www:ResponseTimeout", "100ms").Set("Backends:www:IdleTimeout", "100ms")
        );
        var outcomes = new Outcomes();

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 300),
            new ParallelOptions { MaxDegreeOfParallelism = 30 },
            async (i, _) => outcomes.Add(await AskAsync(router, posts.Next(i % 2 == 0 ? "GET" : "POST", 0)))
        );

        outcomes.Count.Should().Be(300);
        outcomes.Whole.Should().BePositive();
        (outcomes.Own + outcomes.Broken).Should().BePositive();
        posts.Twice.Should().BeEmpty();
        await Eventually.Async(() => router.Site.Backends[0] is { InFlight: 0 } upstream && upstream.Destinations[0].InFlight == 0);
    }

    [Fact]
    public async Task A_backend_that_dies_and_comes_back_serves_again()
    {
        var posts = new Posts();
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = (IPEndPoint)reserved.LocalEndPoint!;
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("*", $"http://{address}").Set("Backends:www:BreakerDuration", "50ms")
        );
        var outcomes = new Outcomes();
        reserved.Dispose();

        for (var life = 0; life < 4; life++)
        {
            var lifetime = new FlappingBackend(address, posts, ByLength);
            await AskManyAsync(150);
            // It dies with what it has in hand.
            var last = AskManyAsync(60);
            await lifetime.DisposeAsync();
            await last;
            await AskManyAsync(40);
        }

        await using (new FlappingBackend(address, posts, ByLength))
            await Eventually.TrueAsync(async () => (await AskAsync(router, posts.Next("GET", 0))) == Outcome.Whole);

        outcomes.Count.Should().Be(1000);
        outcomes.Whole.Should().BeGreaterThan(100);
        outcomes.Own.Should().BeGreaterThan(100);
        posts.Twice.Should().BeEmpty();
        router.Site.Backends[0].InFlight.Should().Be(0);

        Task AskManyAsync(int count) =>
            Parallel.ForEachAsync(
                Enumerable.Range(0, count),
                new ParallelOptions { MaxDegreeOfParallelism = 10 },
                async (i, _) => outcomes.Add(await AskAsync(router, posts.Next(i % 2 == 0 ? "GET" : "POST", 0)))
            );
    }

    private static async Task<Outcome> AskAsync(RunningRouter router, string request)
    {
        using var client = await router.ConnectAsync();
        await client.WriteAsync(request);
        RawMessage? reply;
        try
        {
            reply = await client.ReadMessageAsync();
        }
        catch (Exception ended) when (ended is IOException or SocketException)
        {
            reply = null;
        }

        if (reply is null)
        {
            client.Received.Should().NotContain(Body, "a whole response is passed on whole");
            return Outcome.Broken;
        }

        if (reply.Value("X-Right") is null)
        {
            reply.Status.Should().BeOneOf(502, 503, 504);
            reply.Body.Should().Contain("Sorry");
            return Outcome.Own;
        }

        reply.Status.Should().Be(200);
        reply.Body.Should().Be(Body);
        return Outcome.Whole;
    }

    private enum Outcome
    {
        Whole,
        Own,
        Broken,
    }

    private sealed class Outcomes
    {
        private readonly ConcurrentBag<Outcome> _all = [];

        public int Count => _all.Count;

        public int Whole => _all.Count(outcome => outcome == Outcome.Whole);

        public int Own => _all.Count(outcome => outcome == Outcome.Own);

        public int Broken => _all.Count(outcome => outcome == Outcome.Broken);

        public void Add(Outcome outcome, bool mustBeWhole = false)
        {
            if (mustBeWhole)
                outcome.Should().Be(Outcome.Whole);
            _all.Add(outcome);
        }
    }

    private sealed class Posts
    {
        private readonly ConcurrentDictionary<string, int> _seen = new();
        private int _number;

        public IEnumerable<string> Twice => _seen.Where(pair => pair.Value > 1).Select(pair => pair.Key);

        public string Next(string method, int cut)
        {
            var body = method == "POST" ? "Content-Length: 5\r\n\r\nhello" : "\r\n";
            return $"{method} /{Interlocked.Increment(ref _number)}/{cut} HTTP/1.1\r\nHost: www.example.org\r\n{body}";
        }

        public void Saw(RawMessage request)
        {
            if (request.Method == "POST")
                _seen.AddOrUpdate(request.Target, 1, (_, count) => count + 1);
        }
    }

    /// <summary>A backend that listens on a given address for as long as it lives, and cuts everything off when it dies.</summary>
    private sealed class FlappingBackend : IAsyncDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly ConcurrentBag<RawConnection> _connections = [];
        private readonly Task _accepting;

        public FlappingBackend(IPEndPoint address, Posts posts, string response)
        {
            _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            _listener.Bind(address);
            _listener.Listen(100);
            _accepting = AcceptAsync(posts, response);
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _accepting;
            foreach (var connection in _connections)
                connection.Reset();
        }

        private async Task AcceptAsync(Posts posts, string response)
        {
            try
            {
                while (true)
                {
                    var connection = new RawConnection(await _listener.AcceptAsync());
                    _connections.Add(connection);
                    _ = ServeAsync(connection, posts, response);
                }
            }
            catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException) { }
        }

        private static async Task ServeAsync(RawConnection connection, Posts posts, string response)
        {
            try
            {
                while (await connection.ReadMessageAsync() is { } request)
                {
                    posts.Saw(request);
                    await connection.WriteAsync(response);
                }
            }
            catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or TimeoutException) { }
        }
    }
}
