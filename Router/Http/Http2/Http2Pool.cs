using System.Net;
using System.Text;

namespace Router.Http.Http2;

/// <summary>
/// The HTTP/2 connections to one address of a backend. The framework's handler manages them, on top of Router's own connections.
/// </summary>
public sealed class Http2Pool(Func<CancellationToken, ValueTask<BackendConnection>> connect)
{
    private HttpMessageInvoker? _handler;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        while (true)
        {
            var handler = Volatile.Read(ref _handler) ?? Create();
            try
            {
                return handler.SendAsync(request, cancellation);
            }
            catch (ObjectDisposedException) when (Volatile.Read(ref _handler) != handler)
            {
                // Closed at this moment; the request has not been sent.
            }
        }
    }

    /// <summary>Closes the connections. A later request opens a new one.</summary>
    public void Close() => Interlocked.Exchange(ref _handler, null)?.Dispose();

    private HttpMessageInvoker Create()
    {
        var created = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                UseCookies = false,
                UseProxy = false,
                ActivityHeadersPropagator = null,
                EnableMultipleHttp2Connections = true,
                // A new one goes to the IP address that the name has by now. The streams of the old one go on.
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                // Connecting, including TLS, has its own timeout and its own circuit breakers.
                ConnectTimeout = Timeout.InfiniteTimeSpan,
                ConnectCallback = async (_, token) => (await connect(token).ConfigureAwait(false)).Stream,
                PlaintextStreamFilter = static (context, _) =>
                    ValueTask.FromResult<Stream>(new Http2ConnectionStream(context.PlaintextStream)),
                RequestHeaderEncodingSelector = Http2Transport.EncodingOf,
                ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            }
        );
        if (Interlocked.CompareExchange(ref _handler, created, null) is not { } other)
            return created;
        created.Dispose();
        return other;
    }
}
