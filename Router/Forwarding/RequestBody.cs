using System.IO.Pipelines;
using System.Net;

namespace Router.Forwarding;

/// <summary>The client's body on its way to the backend, never held back: what has come is sent on before more is waited for.</summary>
public sealed class RequestBody(HttpRequest request, AnswerLimit limit, CancellationToken aborted) : HttpContent
{
    /// <summary>Whether the body could not be read from the client, rather than not be sent to the backend.</summary>
    public bool ClientFailed { get; private set; }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await ReadAsync(reader).ConfigureAwait(false);
            foreach (var segment in read.Buffer)
                await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
            if (!read.Buffer.IsEmpty)
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = request.ContentLength ?? 0;
        return request.ContentLength is not null;
    }

    private async ValueTask<ReadResult> ReadAsync(PipeReader reader)
    {
        try
        {
            // A slow upload is not the backend's doing; one that the backend does not take in is.
            limit.Hold();
            var read = await reader.ReadAsync(aborted).ConfigureAwait(false);
            limit.Restart();
            return read;
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            ClientFailed = true;
            throw;
        }
    }
}

/// <summary>A body of no bytes: <c>Content-Length: 0</c>.</summary>
public sealed class EmptyContent : HttpContent
{
    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
