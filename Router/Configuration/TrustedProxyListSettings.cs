using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>
/// A named list of proxies that are believed, such as the addresses that a CDN publishes, under <c>Router:TrustedProxyLists </c>.
/// </summary>
public sealed record TrustedProxyListSettings
{
    /// <summary>The name under <c>Router:TrustedProxyLists</c>; metrics and logs carry it.</summary>
    public required string Name { get; init; }

    /// <summary>The ranges, where the configuration itself has them; else empty.</summary>
    public required ImmutableArray<IPNetwork> Ranges { get; init; }

    /// <summary>
    /// The file or the http or https address that has the ranges; null where the configuration itself has them, or nobody.
    /// </summary>
    public Uri? Location { get; init; }

    /// <summary>The service whose ranges count, where the list says whose each range is; null for all of them.</summary>
    public string? Service { get; init; }

    /// <summary>How often the list is read again. Default 1 h.</summary>
    public required TimeSpan Refresh { get; init; }
}
