using System.Net.Security;

namespace Router.Http;

/// <summary>A TLS connection that distinguishes a clean close from a truncation.</summary>
public sealed class TlsStream(TransportStream transport) : SslStream(transport)
{
    /// <summary>
    /// Whether the connection was closed without a TLS <c>close_notify</c> alert: anyone on the network path could have cut it off (RFC
    /// 9112 section 9.8). After the alert, the end of the underlying connection is not read any more.
    /// </summary>
    public bool WasCutOff => transport.HasEnded;
}
