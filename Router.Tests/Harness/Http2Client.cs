using System.Globalization;
using System.Text;

namespace Router.Tests.Harness;

/// <summary>
/// One request on an HTTP/2 connection of its own, frame by frame: what a test needs to see of a response that does not end well.
/// </summary>
internal sealed class Http2Client(RawConnection connection, int stream = 1)
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte EndsStream = 1;

    // RFC 7541 appendix A: the statuses of the static table, from entry 8 on. Others are literals with the name of one of these.
    private static readonly int[] IndexedStatuses = [200, 204, 206, 304, 400, 404, 500];

    private readonly StringBuilder _body = new();

    /// <summary>Whether the response's header has come.</summary>
    public bool HasBegun { get; private set; }

    public int Status { get; private set; }

    /// <summary>Whether its status is 200.</summary>
    public bool IsOk => Status == 200;

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
            var (type, flags, isOurs) = ((byte)head[3], (byte)head[4], head[8] == stream);
            if (!isOurs)
                return true;
            if (type == Headers && !HasBegun)
                (HasBegun, Status) = (true, StatusOf(payload));
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

    // The server writes the status first, after a change of the table's size at most.
    private static int StatusOf(string block)
    {
        var start = block.TakeWhile(octet => (octet & 0xe0) == 0x20).Count();
        if ((block[start] & 0x80) != 0)
            return IndexedStatuses[(block[start] & 0x7f) - 8];
        // A literal: the index of the name in one octet, or two where the prefix of four bits is full; a length; digits.
        var length = start + 1;
        return int.Parse(block.AsSpan(length + 1, 3), CultureInfo.InvariantCulture);
    }
}
