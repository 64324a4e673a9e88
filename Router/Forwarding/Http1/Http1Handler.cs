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
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = (BackendRequest)request;
        cancellationToken = sent.Cancellation;
        var endpoint = EndpointChoice.Of(endpoints, sent.Tried, Random.Shared);
        sent.Tried = endpoint;
        endpoint.Enter();
        try
        {
            sent.Exchange?.Connecting();
            var connection = await endpoint.Pool.RentAsync(sent.NeedsFreshConnection, cancellationToken).ConfigureAwait(false);
            sent.Exchange?.Connected();
            Begin(sent, endpoint, connection);
            return await new Http1Exchange(endpoint, connection, sent).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            endpoint.Leave();
            throw;
        }
    }

    private static void Begin(BackendRequest request, Endpoint endpoint, Http1Connection connection)
    {
        try
        {
            request.Begin();
        }
        catch (BackendException)
        {
            endpoint.Pool.Return(connection);
            throw;
        }
    }
}
