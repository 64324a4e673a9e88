using System.Net.Security;

namespace Router.Http;

/// <summary>A connection with TLS that can tell its two ends apart.</summary>
public sealed class TlsStream(TransportStream transport) : SslStream(transport)
{
    /// <summary>
    /// Whether the connection was closed without TLS's closure alert (<c>close_notify</c>): anybody on the way could have cut it off there
    /// (RFC 9112 section 9.8). With the alert, the end of the connection below is not read any more.
    /// </summary>
    public bool WasCutOff => transport.HasEnded;
}
