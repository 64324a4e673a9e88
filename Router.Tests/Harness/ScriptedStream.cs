using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Sockets;
using Router.Http;

namespace Router.Tests.Harness;

/// <summary>A connection whose other side is the test: it decides when bytes arrive, and when and whether they can be written.</summary>
internal sealed class ScriptedStream : AsyncStream
{
    private readonly Pipe _received = new();
    private readonly ConcurrentQueue<byte[]> _sent = new();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _sending;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>A write waits for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>How many bytes were sent, those that wait included.</summary>
    public long Sending => Volatile.Read(ref _sending);

    /// <summary>All that was sent.</summary>
    public byte[] Sent => [.. _sent.SelectMany(piece => piece)];

    /// <summary>Is done when the stream is disposed.</summary>
    public Task Disposed => _disposed.Task;

    public static IOException Broken(SocketError error) => new("broken", new SocketException((int)error));

    /// <summary>Lets bytes arrive.</summary>
    public async Task ReceiveAsync(params byte[] bytes) => await _received.Writer.WriteAsync(bytes);

    /// <summary>Ends what arrives.</summary>
    public void End(IOException? error = null) => _received.Writer.Complete(error);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _received.Reader.ReadAsync(cancellationToken);
        var count = (int)Math.Min(buffer.Length, read.Buffer.Length);
        var taken = read.Buffer.Slice(0, count);
        var rest = buffer.Span;
        foreach (var piece in taken)
        {
            piece.Span.CopyTo(rest);
            rest = rest[piece.Length..];
        }

        _received.Reader.AdvanceTo(taken.End);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Add(ref _sending, buffer.Length);
        await Gate;
        _sent.Enqueue(buffer.ToArray());
    }

    protected override void Dispose(bool disposing)
    {
        _disposed.TrySetResult();
        base.Dispose(disposing);
    }
}
