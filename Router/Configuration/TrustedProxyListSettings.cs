using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>A named list of trusted proxies, such as the addresses that a CDN publishes, under <c>Router:TrustedProxyLists</c>.</summary>
public sealed record TrustedProxyListSettings
{
    /// <summary>The name under <c>Router:TrustedProxyLists</c>; metrics and logs refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>The ranges, if the configuration itself contains them; otherwise empty.</summary>
    public required ImmutableArray<IPNetwork> Ranges { get; init; }

    /// <summary>
    /// The file or the http or https address that has the ranges; null if the configuration itself has them, or there is no source.
    /// </summary>
    public Uri? Location { get; init; }

    /// <summary>The service whose ranges are used, if the list labels its ranges by service; null for all of them.</summary>
    public string? Service { get; init; }

    /// <summary>How often the list is refreshed. Default 1 h.</summary>
    public required TimeSpan Refresh { get; init; }
}
