using Router.Configuration;
using Router.Pages;
using Router.Routing;

namespace Router.Serving;

/// <summary>Everything that a site is made of, read and checked: a site can be made of it without reading a file again.</summary>
/// <param name="Settings">The settings.</param>
/// <param name="Table">The table.</param>
/// <param name="Pages">Router's own responses.</param>
/// <param name="Files">The files that routes serve, by their names.</param>
public sealed record SiteParts(RouterSettings Settings, RouteTable Table, SitePages Pages, IReadOnlyDictionary<string, FixedFile> Files);
