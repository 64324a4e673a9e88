namespace Router.Http.Http1;

/// <summary>Address helpers.</summary>
internal static class UriHost
{
    /// <summary>The host as it goes into a <c>Host</c> field: A-labels (RFC 5891), brackets around IPv6.</summary>
    public static string IdnHostOrLiteral(this Uri address) =>
        address.HostNameType == UriHostNameType.IPv6 ? address.Host : address.IdnHost;
}
