using System.Collections.Concurrent;
using System.Text;

namespace Router.Tests.Harness;

/// <summary>What an <see cref="Http2Backend"/> does with a request.</summary>
internal enum Http2Reaction
{
    /// <summary>Responds 200 when the request is complete.</summary>
    Serve,

    /// <summary>Responds 413 and sends neither RST_STREAM nor WINDOW_UPDATE, so that the rest of the body is never read.</summary>
    Reject,

    /// <summary>Declares this one unprocessed (RST_STREAM with REFUSED_STREAM).</summary>
    Refuse,

    /// <summary>Declares this one unprocessed and ends the connection (GOAWAY with the stream before it).</summary>
    GoAway,

    /// <summary>Responds with half of the style sheet that its Content-Length announces, and ends the stream.</summary>
    Halve,

    /// <summary>Ends the connection in the middle of the work (GOAWAY with this very stream, and no response).</summary>
    Break,
}

/// <summary>An HTTP/2 backend that does to requests what no server does on demand, frame by frame (RFC 9113).</summary>
internal sealed class Http2Backend : IAsyncDisposable
{
    private readonly RawBackend _backend;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<int, Http2Reaction> _decide;
    private string _when;
    private int _attempts;

    private Http2Backend(Func<int, Http2Reaction> decide, string when)
    {
        (_decide, _when) = (decide, when);
        _backend = RawBackend.Start(ServeUntilClosedAsync);
    }

    public string Address => _backend.Address;

    /// <summary>How many requests have begun, those that were sent again included.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>The bodies of the requests that were served.</summary>
    public ConcurrentQueue<string> Served { get; } = new();

    /// <summary>Is done when Router has closed a connection.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Is awaited before a reaction.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Starts one.</summary>
    /// <param name="decide">What to do with an attempt, by its number from 1.</param>
    /// <param name="when">When: at the <c>header</c>, at the first <c>data</c> or at the <c>end</c>.</param>
    public static Http2Backend Start(Func<int, Http2Reaction> decide, string when = "end") => new(decide, when);

    /// <summary>From now on it does this, and counts from 1 again: so a case begins whose class shares the backend.</summary>
    /// <param name="decide">What to do with an attempt, by its number from 1.</param>
    /// <param name="when">When: at the <c>header</c>, at the first <c>data</c> or at the <c>end</c>.</param>
    public Http2Backend Restart(Func<int, Http2Reaction> decide, string when = "end")
    {
        (_decide, _when, _attempts) = (decide, when, 0);
        Served.Clear();
        return this;
    }

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    private async Task ServeUntilClosedAsync(RawConnection connection)
    {
        try
        {
            await ServeAsync(connection);
        }
        catch (IOException)
        {
            _closed.TrySetResult();
            throw;
        }
    }

    private async Task ServeAsync(RawConnection connection)
    {
        var open = new Dictionary<int, (int Attempt, StringBuilder Body)>();
        await connection.ReadExactlyAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length);
        // Windows of a mebibyte: no test waits for credit.
        await connection.WriteAsync(Http2Frames.Frame(4, 0, 0, [0, 4, 0, 16, 0, 0]));
        await connection.WriteAsync(Http2Frames.Frame(8, 0, 0, [0, 16, 0, 0]));
        while (true)
        {
            var (type, flags, stream, payload) = await ReadAsync(connection);
            var isFirst = false;
            switch (type)
            {
                case 0 when open.TryGetValue(stream, out var uploading):
                    isFirst = uploading.Body.Length == 0;
                    uploading.Body.Append(payload);
                    break;
                case 1:
                    open[stream] = (Interlocked.Increment(ref _attempts), new StringBuilder());
                    break;
                case 4 when (flags & 1) == 0:
                    await connection.WriteAsync(Http2Frames.Frame(4, 1, 0, []));
                    continue;
                case 6 when (flags & 1) == 0:
                    await connection.WriteAsync(Http2Frames.Frame(6, 1, 0, Encoding.Latin1.GetBytes(payload)));
                    continue;
                case 3:
                    open.Remove(stream);
                    continue;
                default:
                    continue;
            }

            if (!open.TryGetValue(stream, out var request))
                continue;
            var ends = (flags & 1) == 1;
            var reaction = _decide(request.Attempt);
            var isTime = ends || (_when == "header" && type == 1) || (_when == "data" && isFirst);
            if (!isTime || (reaction == Http2Reaction.Serve && !ends))
                continue;
            open.Remove(stream);
            await Hold;
            if (reaction == Http2Reaction.Serve)
                Served.Enqueue(request.Body.ToString());
            await connection.WriteAsync(
                reaction switch
                {
                    // 0x88 is ":status: 200" (RFC 7541 appendix A).
                    Http2Reaction.Serve => Http2Frames.Frame(1, 5, stream, [0x88]),
                    Http2Reaction.Reject => Http2Frames.Headers(stream, true, (":status", "413")),
                    Http2Reaction.Halve =>
                    [
                        .. Http2Frames.Headers(stream, false, (":status", "200"), ("content-type", "text/css"), ("content-length", "4000")),
                        .. Http2Frames.Data(stream, true, new string('a', 2000)),
                    ],
                    Http2Reaction.Refuse => Http2Frames.Frame(3, 0, stream, [0, 0, 0, 7]),
                    Http2Reaction.GoAway => Http2Frames.Frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
                    _ => Http2Frames.Frame(7, 0, 0, [0, 0, 0, (byte)stream, 0, 0, 0, 0]),
                }
            );
            if (reaction != Http2Reaction.Break)
                continue;
            connection.Dispose();
            return;
        }
    }

    private static async Task<(int Type, int Flags, int Stream, string Payload)> ReadAsync(RawConnection connection)
    {
        var head = await connection.ReadExactlyAsync(9);
        var length = (head[0] << 16) | (head[1] << 8) | head[2];
        var stream = ((head[5] & 0x7f) << 24) | (head[6] << 16) | (head[7] << 8) | head[8];
        return (head[3], head[4], stream, await connection.ReadExactlyAsync(length));
    }
}
