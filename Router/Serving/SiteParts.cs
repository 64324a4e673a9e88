using Router.Configuration;
using Router.Headers;
using Router.Pages;
using Router.Routing;

namespace Router.Serving;

/// <summary>Everything that a site is built from, read and validated: building it reads no file again.</summary>
/// <param name="Table">The route table.</param>
/// <param name="Pages">Router's own responses.</param>
/// <param name="RequestRules">How each request header is handled.</param>
/// <param name="Files">The files that routes serve, by name.</param>
public sealed record SiteParts(
    RouterSettings Settings,
    RouteTable Table,
    SitePages Pages,
    RequestRules RequestRules,
    IReadOnlyDictionary<string, FixedFile> Files
);
