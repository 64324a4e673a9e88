using System.Collections.Immutable;
using Router.Forwarding.Backends;

namespace Router.Forwarding.Http1;

/// <summary>
/// Sends requests to a backend over HTTP/1.1. The framework's handler is not used there: it sends a request again by itself when
/// a connection dies, reads no answer while a body goes up, drops the client's trailers and changes methods' case.
/// What may be sent twice is decided by Router, and the bytes that go out are those that came in.
/// </summary>
public sealed class Http1Handler(ImmutableArray<Endpoint> endpoints) : HttpMessageHandler
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = (BackendRequest)request;
        var endpoint = EndpointChoice.Of(endpoints, sent.Tried, Random.Shared);
        sent.Tried = endpoint;
        endpoint.Enter();
        // Most requests find a kept connection, and then nothing stands between them and it.
        if (sent.NeedsFreshConnection || endpoint.Pool.Take() is not { } kept)
            return ConnectAndRunAsync(endpoint, sent);
        sent.Exchange?.Kept();
        return new Http1Exchange(endpoint, kept, sent).RunAsync();
    }

    private static async Task<HttpResponseMessage> ConnectAndRunAsync(Endpoint endpoint, BackendRequest request)
    {
        Http1Connection connection;
        request.Exchange?.Connecting();
        try
        {
            connection = await endpoint.Pool.ConnectAsync(request.Cancellation).ConfigureAwait(false);
        }
        catch
        {
            endpoint.Leave();
            throw;
        }

        request.Exchange?.Connected();
        return await new Http1Exchange(endpoint, connection, request).RunAsync().ConfigureAwait(false);
    }
}
