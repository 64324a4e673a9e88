using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Router.Metrics;
using Router.Modes;
using Router.Proxy.InFlight;
using Xunit.Abstractions;

namespace Router.Tests.Forwarding;

/// <summary>
/// Every way in which an exchange can end, at every moment, over both protocols, with the details drawn: what the list of writes, the
/// counters, the access log and the client say must be what a simple model says, and so agree with each other and with what the backend
/// got.
/// </summary>
public sealed class RequestOutcomePropertyTests(ITestOutputHelper output)
{
    private const string FirstHalf = "hello";
    private const string SecondHalf = "world";

    private static readonly string[] Methods = ["POST", "PUT", "DELETE", "PATCH", "BREW", "GET"];

    private enum End
    {
        ClientLeaves,
        BackendBreaks,
        TimeIsUp,
        ModeCuts,
        RouterStops,
    }

    private enum Moment
    {
        BeforeTheBody,
        InTheBody,
        AfterTheBody,
        BeforeTheResponseBody,
        InTheResponseBody,
        AfterTheResponse,
    }

    public static TheoryData<string> Protocols => new("Http1", "Http2");

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task However_a_request_ends_log_counters_and_lists_agree(string protocol)
    {
        var seed = Seed.Next(output);
        var random = new Random(seed);
        foreach (var end in Enum.GetValues<End>())
        {
            foreach (var moment in Enum.GetValues<Moment>())
            {
                var one = new Case(protocol, end, moment, Methods[random.Next(Methods.Length)], random.Next(2) == 0, random.Next(3));
                try
                {
                    await RunAsync(one);
                }
                catch (Exception error)
                {
                    throw new InvalidOperationException($"ROUTER_SEED={seed} {one}", error);
                }
            }
        }
    }

    private static async Task RunAsync(Case one)
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(
            new SiteFile().Api("api", backend.Address).Host("*", "api").Set("Limits:MinDataRate", "0"),
            one.Protocol,
            time: clock
        );
        using var counters = new Counters(router.App.Services.GetRequiredService<RouterMetrics>().Meter);
        using var connection = await router.ConnectAsync();
        var client = new Client(one.Protocol, connection);

        // Up to the moment, each step seen on the other side before the next.
        await client.WriteHeaderAsync(one.Method);
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();
        if (one.Moment >= Moment.InTheBody)
        {
            await client.WriteBodyAsync(FirstHalf, isLast: false);
            await atBackend.ReadThroughAsync(FirstHalf);
        }

        if (one.Moment >= Moment.AfterTheBody)
        {
            await client.WriteBodyAsync(SecondHalf, isLast: true);
            await atBackend.ReadThroughAsync(SecondHalf);
        }

        if (one.Moment >= Moment.BeforeTheResponseBody)
        {
            await atBackend.WriteAsync(
                $"HTTP/1.1 200 OK\r\nConnection: close\r\n{(one.IsChunked ? "Transfer-Encoding: chunked" : "Content-Length: 10")}\r\n\r\n"
            );
            await client.ReadHeaderAsync();
        }

        if (one.Moment >= Moment.InTheResponseBody)
        {
            await atBackend.WriteAsync(one.IsChunked ? $"5\r\n{FirstHalf}\r\n" : FirstHalf);
            await client.ReadThroughAsync(FirstHalf);
        }

        if (one.Moment >= Moment.AfterTheResponse)
        {
            await atBackend.WriteAsync(one.IsChunked ? $"5\r\n{SecondHalf}\r\n0\r\n\r\n" : SecondHalf);
            (await client.ReadToEndAsync()).IsComplete.Should().BeTrue();
        }

        var line = router.AccessLog.NextAsync();
        await EndAsync(one, router, clock, client, connection, atBackend, line);
        var status = int.Parse((await line).Number("status"), System.Globalization.CultureInfo.InvariantCulture);

        // The model.
        var isComplete = one.Moment == Moment.AfterTheResponse;
        var reasons = Reasons(one);
        var own =
            one.Moment <= Moment.AfterTheBody
                ? one.End switch
                {
                    End.BackendBreaks => 502,
                    End.TimeIsUp => 504,
                    End.ModeCuts or End.RouterStops => 503,
                    _ => (int?)null,
                }
                : null;
        var isUncertain = !isComplete && one.Method != "GET";

        // The list.
        var writes = router.App.Services.GetRequiredService<UncertainWrites>();
        writes.Count.Should().Be(isUncertain ? 1 : 0);
        if (isUncertain)
        {
            var write = writes.Since(DateTimeOffset.MinValue).Single();
            (write.Method, write.Path, write.ClientStatus, write.IsIdempotent)
                .Should()
                .Be((one.Method, "/save", own, one.Method is "PUT" or "DELETE"));
            reasons.Should().Contain(write.Reason);
            write.SettlesAt.Should().Be(write.Time + TimeSpan.FromSeconds(60));
        }

        // The access log.
        status
            .Should()
            .Be(
                isComplete ? 200
                : one.End == End.ClientLeaves ? 499
                : own ?? 200
            );

        // The counters.
        counters.Read();
        counters
            .Of("router.forward.failures", "reason")
            .Should()
            .Equal(isComplete ? [] : reasons.Where(counters.Of("router.forward.failures", "reason").Contains).Take(1));
        counters.Of("router.requests", "status_class").Should().Equal(status == 499 ? "none" : $"{status / 100}xx");
        router.App.Services.GetRequiredService<InFlightRequests>().CutCount.Should().Be(!isComplete && one.End == End.ModeCuts ? 1 : 0);

        // The client.
        if (one.End != End.ClientLeaves && !isComplete)
        {
            var (text, whole) = await client.ReadToEndAsync();
            whole.Should().Be(own is not null, "a part of a response must not look like the whole");
            if (own is not null)
            {
                var problem = JsonNode.Parse(text)!;
                problem["status"]!.GetValue<int>().Should().Be(own);
                problem["forwarded"].Should().BeNull("the backend has got the header");
                problem["outcome"]?.ToString().Should().Be(isUncertain ? "unknown" : null);
            }
        }

        // Nothing is left, and nothing was thrown.
        router.App.Services.GetRequiredService<InFlightRequests>().All().Should().BeEmpty();
        router.Log.Errors().Should().BeEmpty();
    }

    private static async Task EndAsync(
        Case one,
        ListeningRouter router,
        ManualClock clock,
        Client client,
        RawConnection connection,
        RawConnection atBackend,
        Task line
    )
    {
        switch (one.End)
        {
            case End.ClientLeaves when one.Variant == 0:
                // Right after its request it could be a client that waits. In its body it may have left at any time.
                if (one.Moment >= Moment.AfterTheBody)
                    await ClientGrace.PassAsync(ClientGrace.DeadlineIn(router.App.Services), clock);
                else
                    clock.Advance(HalfClose.Grace + TimeSpan.FromMilliseconds(1));
                connection.Dispose();
                break;
            case End.ClientLeaves when one.Variant == 1 || one.Protocol == "Http1":
                connection.Reset();
                break;
            case End.ClientLeaves:
                await client.ResetStreamAsync();
                break;
            case End.BackendBreaks when one.Variant == 0:
                atBackend.Dispose();
                break;
            case End.BackendBreaks:
                atBackend.Reset();
                break;
            case End.ModeCuts:
                ModeSwitch.Switch(router.App.Services, ModeCatalogue.Closed, cutAfter: TimeSpan.Zero);
                break;
            case End.TimeIsUp:
                // A piece that has just passed may be noted by the clock of before or after: until the time has passed by either.
                for (var i = 0; i < 3; i++)
                {
                    clock.Advance(TimeSpan.FromSeconds(61));
                    await Task.WhenAny(line, Task.Delay(20));
                }

                break;
            default:
                _ = router.App.StopAsync();
                await Eventually.Async(() => router.App.Lifetime.ApplicationStopping.IsCancellationRequested);
                clock.Advance(TimeSpan.FromMilliseconds(50));
                clock.Advance(TimeSpan.FromSeconds(9));
                break;
        }
    }

    private static string[] Reasons(Case one) =>
        one.End switch
        {
            End.ClientLeaves => ["client_gone"],
            End.BackendBreaks => [one.Moment <= Moment.AfterTheBody ? "broken_before_response" : "broken_in_response"],
            // The moment at which the whole body has been sent is the backend's before it is Router's.
            End.TimeIsUp when one.Moment == Moment.AfterTheBody => ["response_timeout", "idle_timeout"],
            End.TimeIsUp => ["idle_timeout"],
            End.ModeCuts => ["cut"],
            _ => ["stopped"],
        };

    private sealed record Case(string Protocol, End End, Moment Moment, string Method, bool IsChunked, int Variant);

    /// <summary>The client's side, of either protocol.</summary>
    private sealed class Client(string protocol, RawConnection connection)
    {
        private readonly Http2Client? _http2 = protocol == "Http2" ? new Http2Client(connection) : null;
        private RawMessage? _head;
        private string _body = "";

        public Task WriteHeaderAsync(string method) =>
            connection.WriteAsync(
                _http2 is null
                    ? System.Text.Encoding.ASCII.GetBytes($"{method} /save HTTP/1.1\r\nHost: api.example.org\r\nContent-Length: 10\r\n\r\n")
                    :
                    [
                        .. Http2Frames.Preface,
                        .. Http2Frames.Headers(
                            1,
                            false,
                            (":method", method),
                            (":scheme", "http"),
                            (":authority", "api.example.org"),
                            (":path", "/save"),
                            ("content-length", "10")
                        ),
                    ]
            );

        public Task WriteBodyAsync(string text, bool isLast) =>
            _http2 is null ? connection.WriteAsync(text) : connection.WriteAsync(Http2Frames.Data(1, isLast, text));

        public Task ResetStreamAsync() => connection.WriteAsync(Http2Frames.Reset(1));

        public async Task ReadHeaderAsync()
        {
            if (_http2 is null)
                _head = new RawMessage(await connection.ReadHeadAsync());
            else
                (await _http2.ReadUntilAsync(http2 => http2.IsOk)).Should().BeTrue();
        }

        public async Task ReadThroughAsync(string text)
        {
            if (_http2 is null)
                _body += await connection.ReadThroughAsync(text);
            else
                (await _http2.ReadUntilAsync(http2 => http2.Body.EndsWith(text, StringComparison.Ordinal))).Should().BeTrue();
        }

        /// <summary>What is left of the response, and whether it came to its end as its framing says.</summary>
        public async Task<(string Text, bool IsComplete)> ReadToEndAsync()
        {
            if (_http2 is not null)
            {
                await _http2.ReadUntilAsync(http2 => http2.IsComplete);
                return (_http2.Body, _http2.IsComplete);
            }

            try
            {
                _head ??= new RawMessage(await connection.ReadHeadAsync());
                if (_head.Value("Content-Length") is { } length)
                {
                    _body += await connection.ReadExactlyAsync(
                        int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) - _body.Length
                    );
                    return (_body, true);
                }

                return (_body + await connection.ReadThroughAsync("\r\n0\r\n\r\n"), true);
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
            {
                return (_body, false);
            }
        }
    }

    /// <summary>Router's own counters: the values of one label for which something was counted.</summary>
    private sealed class Counters : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentBag<(string Name, KeyValuePair<string, object?>[] Tags)> _counted = [];

        public Counters(Meter meter)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == meter && instrument.Name is "router.forward.failures" or "router.requests")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>(
                (instrument, count, tags, _) =>
                {
                    for (var i = 0; i < count; i++)
                        _counted.Add((instrument.Name, tags.ToArray()));
                }
            );
            _listener.Start();
        }

        public void Read() => _listener.RecordObservableInstruments();

        public IReadOnlyList<string> Of(string name, string label) =>
            [
                .. _counted
                    .Where(counted => counted.Name == name)
                    .Select(counted => counted.Tags.Single(tag => tag.Key == label).Value!.ToString()!),
            ];

        public void Dispose() => _listener.Dispose();
    }
}
