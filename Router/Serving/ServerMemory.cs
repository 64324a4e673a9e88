using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Router.Serving;

/// <summary>
/// The memory that the server reads requests into and writes answers from, in pieces of 16 KiB: a page goes out in one step, and a body
/// comes in in a quarter of the steps that the server's own pieces of 4 KiB take. The shared pool hands out what was given back last, which
/// is still in the processor's cache, and lets go of what a busy hour has left over.
/// </summary>
public sealed class ServerMemory : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int PieceSize = 16 << 10;

    public override int MaxBufferSize => PieceSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, PieceSize);
        return new Piece();
    }

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    protected override void Dispose(bool disposing)
    {
        // Nothing is kept here.
    }

    private sealed class Piece : IMemoryOwner<byte>
    {
        private byte[]? _array = ArrayPool<byte>.Shared.Rent(PieceSize);

        public Memory<byte> Memory => _array ?? throw new ObjectDisposedException(nameof(Piece));

        public void Dispose()
        {
            // Given back twice, it would be two requests' at once.
            if (Interlocked.Exchange(ref _array, null) is { } array)
                ArrayPool<byte>.Shared.Return(array);
        }
    }
}
