using System.Net;
using System.Text;

namespace Router.Http.Http2;

/// <summary>
/// Sends requests to a backend over HTTP/2 (RFC 9113), cleartext with prior knowledge or TLS, through the framework's handler
/// (<see cref="Http2Pool"/>). Request trailers are dropped, because the handler cannot send them.
/// </summary>
public sealed class Http2Transport(Uri address, Http2Pool pool, RequestCount requests) : Transport
{
    public override async Task<HttpResponseMessage> SendAsync(BackendRequest request)
    {
        request.RequestUri = RequestUri.Of(address, request.PathAndQuery);
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        WriteHeaders(request);
        request.FirstHeader = null;
        requests.Increment();
        try
        {
            return await pool.SendAsync(request, request.Cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException error) when ((error as BackendException ?? error.InnerException) is BackendException own)
        {
            throw own.NotBegun && request.Body is { CanBeSent: false }
                ? new BackendException(own.Failure, notBegun: true, cause: own, isFinal: true)
                : own;
        }
        catch (HttpRequestException error) when (IsBrokenConnection(error))
        {
            throw new BackendException(ForwardFailure.BrokenBeforeResponse, diedIdle: true, cause: error);
        }
        finally
        {
            // Streams share a connection here: the number of responses being awaited is an adequate measure of the requests in flight.
            requests.Decrement();
        }
    }

    // The framework's handler takes headers from its own collections, and content headers from an HttpContent. On a retry they are already
    // there.
    private static void WriteHeaders(BackendRequest request)
    {
        if (request.HeadersAreWritten)
            return;
        request.HeadersAreWritten = true;
        foreach (var (name, values) in request.HeaderList.All)
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                (request.Content ??= new EmptyContent(isDeclared: false)).Headers.TryAddWithoutValidation(
                    name,
                    (IEnumerable<string?>)values
                );
        }
    }

    // The connection ended before the response did, and nothing tells whether the backend had started the request. Http2ConnectionStream
    // resets such a stream with NO_ERROR. The other errors are from a connection that ended in the middle of a frame.
    private static bool IsBrokenConnection(HttpRequestException error) =>
        error.InnerException is HttpProtocolException { ErrorCode: 0 }
        || (error is { HttpRequestError: HttpRequestError.Unknown or HttpRequestError.ResponseEnded, InnerException: IOException });

    // The handler calls this for each header right before it sends a request. It resends a request on its own only if the backend has
    // declared it unprocessed, by GOAWAY or REFUSED_STREAM. A header section that starts a second time therefore means that the backend did
    // so. Whether to send the request again is Router's decision: the mode may have changed, and a body that was sent is gone.
    internal static Encoding EncodingOf(string name, HttpRequestMessage request)
    {
        var sent = (BackendRequest)request;
        if (sent.FirstHeader is null)
        {
            sent.FirstHeader = name;
            sent.EnsureAdmitted();
        }
        else if (sent.FirstHeader == name)
        {
            throw new BackendException(ForwardFailure.BrokenBeforeResponse, notBegun: true, isRefused: true);
        }

        return Encoding.Latin1;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            pool.Close();
        base.Dispose(disposing);
    }
}
