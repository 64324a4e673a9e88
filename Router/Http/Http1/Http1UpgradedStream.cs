namespace Router.Http.Http1;

/// <summary>
/// An upgraded connection (RFC 9110 section 7.8): bytes flow in both directions, and it never returns to the pool.
/// </summary>
public sealed class Http1UpgradedStream(Http1Connection connection, Action ended) : AsyncStream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.Stream.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Signals the backend that nothing more will be sent; its remaining data can still be read.</summary>
    public ValueTask FinishWritingAsync() => connection.FinishWritingAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Dispose();
            ended();
        }

        base.Dispose(disposing);
    }
}
