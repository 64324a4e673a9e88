using System.Net.Sockets;

namespace Router.Http;

/// <summary>The socket stream below TLS, which records that it was read to its end.</summary>
public sealed class TransportStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>Whether the peer has closed the connection and everything before that has been read.</summary>
    public bool HasEnded { get; private set; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = base.ReadAsync(buffer, cancellationToken);
        // TLS waits with a zero-byte read, which returns zero bytes. The data read after it is usually available immediately.
        if (buffer.IsEmpty)
            return read;
        return read.IsCompletedSuccessfully ? ValueTask.FromResult(Note(read.Result)) : NoteAsync(read);
    }

    private async ValueTask<int> NoteAsync(ValueTask<int> read) => Note(await read.ConfigureAwait(false));

    private int Note(int count)
    {
        if (count == 0)
            HasEnded = true;
        return count;
    }
}
