using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using Router.Forwarding.Backends;

namespace Router.Forwarding.Http2;

/// <summary>
/// Sends requests to a backend over HTTP/2 (RFC 9113), cleartext with prior knowledge or TLS, by the framework's own handler:
/// one for each address, with Router's connections under it. Trailers of a request are lost there; it has no way to send them.
/// </summary>
public sealed class Http2Handler(ImmutableArray<Endpoint> endpoints) : HttpMessageHandler
{
    private readonly ConcurrentDictionary<Endpoint, HttpMessageInvoker> _handlers = new();

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = (BackendRequest)request;
        var endpoint = EndpointChoice.Of(endpoints, sent.Tried, Random.Shared);
        sent.Tried = endpoint;
        sent.RequestUri = RequestUri.Of(endpoint.Address, sent.PathAndQuery);
        sent.Version = HttpVersion.Version20;
        sent.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        WriteFields(sent);
        endpoint.Enter();
        try
        {
            sent.Begin();
            return await _handlers.GetOrAdd(endpoint, Create).SendAsync(request, sent.Cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException fault) when (fault.GetBaseException() is BackendException refused)
        {
            throw refused;
        }
        finally
        {
            // Streams share a connection here: what is in flight is known well enough by the answers that are awaited.
            endpoint.Leave();
        }
    }

    // The framework's handler takes them from its own collections, and those that speak of the content from a content. At a repeat they are there.
    private static void WriteFields(BackendRequest request)
    {
        if (request.FieldsAreWritten)
            return;
        request.FieldsAreWritten = true;
        foreach (var (name, values) in request.Fields.All)
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                (request.Content ??= new NoContent()).Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    private static HttpMessageInvoker Create(Endpoint endpoint) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = true,
        // Connecting, TLS included, has its own limit and its own circuit breakers.
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = async (_, token) => (await endpoint.Connector.ConnectAsync(token).ConfigureAwait(false)).Stream,
        // The request may have waited for the connection that it is to be the first on.
        PlaintextStreamFilter = static (context, _) =>
        {
            (context.InitialRequestMessage as BackendRequest)?.Begin();
            return ValueTask.FromResult(context.PlaintextStream);
        },
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
    });
}
