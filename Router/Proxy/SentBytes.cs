using System.Buffers;

namespace Router.Proxy;

/// <summary>
/// What has been sent of a request's body, for as long as that is all of it: a backend that declares the request unprocessed gets it once
/// more. A body that grows beyond the bound is not kept, and cannot be sent again.
/// </summary>
/// <param name="expected">How long the body will be; null where nobody knows.</param>
public sealed class SentBytes(long? expected)
{
    /// <summary>How much is kept of one body: forms and gRPC messages, not uploads.</summary>
    public const int Bound = 64 * 1024;

    private const int FirstSize = 4 * 1024;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>Whether everything that was sent is here.</summary>
    public bool IsComplete { get; private set; } = expected is not > Bound;

    public ReadOnlyMemory<byte> All => _bytes.AsMemory(0, _length);

    /// <summary>Keeps a further piece and gives the copy; false where it is too much, and then nothing is kept any more.</summary>
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

    /// <summary>Gives the memory back. To be called only when nothing can be reading from it any more.</summary>
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
