using System.Net;
using System.Text;

namespace Router.Http.Http2;

/// <summary>
/// Sends requests to a backend over HTTP/2 (RFC 9113), cleartext with prior knowledge or TLS, by the framework's own handler
/// (<see cref="Http2Pool"/>). Trailers of a request are lost there; it has no way to send them.
/// </summary>
public sealed class Http2Transport(Uri address, Http2Pool pool, RequestCount requests) : Transport
{
    public override async Task<HttpResponseMessage> SendAsync(BackendRequest request)
    {
        request.RequestUri = RequestUri.Of(address, request.PathAndQuery);
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        WriteFields(request);
        request.FirstHeader = null;
        requests.Enter();
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
            // Streams share a connection here: what is in flight is known well enough by the answers that are awaited.
            requests.Leave();
        }
    }

    // The framework's handler takes them from its own collections, and those that speak of the content from a content. At a repeat they are
    // there.
    private static void WriteFields(BackendRequest request)
    {
        if (request.FieldsAreWritten)
            return;
        request.FieldsAreWritten = true;
        foreach (var (name, values) in request.HeaderList.All)
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                (request.Content ??= new NoContent()).Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    // A connection that ends takes all its streams with it, and it cannot be told which of them the backend had begun.
    private static bool IsBrokenConnection(HttpRequestException error) =>
        error.InnerException is HttpProtocolException { ErrorCode: 0 }
        || (error is { HttpRequestError: HttpRequestError.Unknown or HttpRequestError.ResponseEnded, InnerException: IOException });

    // The handler asks this for each header right before it sends a request. It sends one again by itself where the backend has declared it
    // unprocessed, by GOAWAY or REFUSED_STREAM, and nowhere else: so a header section that begins a second time says that it was. Whether
    // to send the request again is Router's to decide: the mode may have changed, and a body that was sent is gone.
    internal static Encoding EncodingOf(string name, HttpRequestMessage request)
    {
        var sent = (BackendRequest)request;
        if (sent.FirstHeader is null)
        {
            sent.FirstHeader = name;
            sent.Begin();
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
