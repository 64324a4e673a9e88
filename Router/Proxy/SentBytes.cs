using System.Buffers;

namespace Router.Proxy;

/// <summary>
/// The bytes of a request body sent so far, as long as all of them are kept: if the backend declares the request unprocessed, they are sent
/// again. A body that exceeds the bound is not kept and cannot be sent again.
/// </summary>
/// <param name="expected">The length of the body; null if unknown.</param>
public sealed class SentBytes(long? expected)
{
    /// <summary>The maximum kept per body: enough for forms and gRPC messages, not for uploads.</summary>
    public const int Bound = 64 * 1024;

    private const int FirstSize = 4 * 1024;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>Whether all bytes sent so far are kept.</summary>
    public bool IsComplete { get; private set; } = expected is not > Bound;

    public ReadOnlyMemory<byte> All => _bytes.AsMemory(0, _length);

    /// <summary>Keeps another piece and returns the copy. Returns false if it exceeds the bound; from then on nothing is kept.</summary>
    public bool TryAppend(in ReadOnlySequence<byte> piece, out ReadOnlyMemory<byte> copy)
    {
        copy = default;
        if (!IsComplete || _length + piece.Length > Bound)
        {
            IsComplete = false;
            Release();
            return false;
        }

        MakeRoom(_length + (int)piece.Length);
        piece.CopyTo(_bytes.AsSpan(_length));
        copy = _bytes.AsMemory(_length, (int)piece.Length);
        _length += (int)piece.Length;
        return true;
    }

    /// <summary>Returns the memory to the pool. Call this only when nothing can be reading from it any more.</summary>
    public void Release()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }

    private void MakeRoom(int size)
    {
        if (size <= _bytes.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, Math.Min((int)(expected ?? FirstSize), Bound)));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
