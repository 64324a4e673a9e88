namespace Router.Http.Http1;

/// <summary>Formats the host of an address.</summary>
internal static class UriHost
{
    /// <summary>The host as used in a <c>Host</c> header: A-labels (RFC 5891), brackets around IPv6.</summary>
    public static string IdnHostOrLiteral(this Uri address) =>
        address.HostNameType == UriHostNameType.IPv6 ? address.Host : address.IdnHost;
}
