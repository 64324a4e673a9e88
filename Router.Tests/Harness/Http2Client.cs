using System.Text;

namespace Router.Tests.Harness;

/// <summary>One request on an HTTP/2 connection of its own, frame by frame: what a test needs to see of a response that does not end well.</summary>
internal sealed class Http2Client(RawConnection connection)
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte EndsStream = 1;

    // RFC 7541 appendix A: ":status: 200" is one entry of the static table. Other statuses are literals.
    private const char IndexedStatus200 = '\u0088';

    private readonly StringBuilder _body = new();

    /// <summary>Whether the response's header has come.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether its status is 200.</summary>
    public bool IsOk { get; private set; }

    /// <summary>Whether it has come to its end.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The body so far.</summary>
    public string Body => _body.ToString();

    /// <summary>Reads frames until something holds, or the stream or the connection has ended; false then.</summary>
    public async Task<bool> ReadUntilAsync(Func<Http2Client, bool> holds)
    {
        while (!holds(this))
        {
            if (IsComplete || !await ReadFrameAsync())
                return false;
        }

        return true;
    }

    // False where the stream was reset or the connection has ended.
    private async Task<bool> ReadFrameAsync()
    {
        try
        {
            var head = await connection.ReadExactlyAsync(9);
            var payload = await connection.ReadExactlyAsync((head[0] << 16) | (head[1] << 8) | head[2]);
            var (type, flags, isOurs) = ((byte)head[3], (byte)head[4], head[8] == 1);
            if (!isOurs)
                return true;
            if (type == Headers && !HasBegun)
                (HasBegun, IsOk) = (true, payload.Contains(IndexedStatus200, StringComparison.Ordinal));
            else if (type == Data)
                _body.Append(payload);
            IsComplete |= type is Data or Headers && (flags & EndsStream) != 0;
            return type != Reset;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
