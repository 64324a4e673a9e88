using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Router.Forwarding;

/// <summary>The client's body on its way to the backend, never held back: what has come is sent on before more is waited for.</summary>
/// <param name="exchange">The client's request.</param>
/// <param name="most">How many bytes it may have.</param>
/// <param name="limit">The clock of the exchange.</param>
public sealed class RequestBody(HttpContext exchange, long most, ExchangeLimit limit) : HttpContent
{
    private long _received;
    private volatile bool _stopped;

    /// <summary>Whether the body could not be read from the client, rather than not be sent to the backend.</summary>
    public bool ClientFailed => ClientFault is not null;

    /// <summary>Why it could not be read; null where it could.</summary>
    public Exception? ClientFault { get; private set; }

    /// <summary>The trailers that the client sent, once the body has ended (RFC 9112 section 7.1.2).</summary>
    public IEnumerable<KeyValuePair<string, string>> Trailers
    {
        get
        {
            if (exchange.Features.Get<IHttpRequestTrailersFeature>() is not { Available: true, Trailers.Count: > 0 } feature)
                return [];
            return from trailer in feature.Trailers
                   where TrailerFields.MayPass(trailer.Key)
                   from value in trailer.Value
                   select KeyValuePair.Create(trailer.Key, value ?? "");
        }
    }

    /// <summary>Ends the copying, wherever it is: nobody will read the rest.</summary>
    public void Stop()
    {
        _stopped = true;
        exchange.Request.BodyReader.CancelPendingRead();
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var reader = exchange.Request.BodyReader;
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
        length = exchange.Request.ContentLength ?? 0;
        return exchange.Request.ContentLength is not null;
    }

    private async ValueTask<ReadResult> ReadAsync(PipeReader reader)
    {
        try
        {
            // A slow upload is not the backend's doing; one that the backend does not take in is.
            limit.Hold();
            var read = await reader.ReadAsync(exchange.RequestAborted).ConfigureAwait(false);
            limit.Resume();
            _received += read.Buffer.Length;
            if (!_stopped && _received <= most)
                return read;
            reader.AdvanceTo(read.Buffer.Start);
            if (_received > most)
                throw new BadHttpRequestException("the body is longer than the route allows", StatusCodes.Status413PayloadTooLarge);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or InvalidOperationException)
        {
            ClientFault = fault;
            throw;
        }

        throw new OperationCanceledException("the exchange is over before the body has ended");
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
