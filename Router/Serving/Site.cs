using System.Collections.Immutable;
using Router.Access;
using Router.Configuration;
using Router.Forwarding;
using Router.Observability;
using Router.Routing;

namespace Router.Serving;

/// <summary>One valid configuration, made ready to serve: the table, and beside each of its routes what lives of it. Immutable.</summary>
public sealed class Site
{
    /// <summary>Makes a site ready.</summary>
    public Site(RouterSettings settings, RouteTable table, Upstreams upstreams, Traffic traffic)
    {
        Settings = settings;
        Table = table;
        TrustedProxies = settings.TrustedProxies is [] ? null : new AllowList("TrustedProxies", settings.TrustedProxies);
        Backends = [.. settings.Backends.Select(upstreams.For)];
        Routes = [.. table.Routes.Select(route => new LiveRoute(
            route,
            route.Backend is { } backend ? upstreams.For(backend) : null,
            traffic.For(route.Name, route.Backend?.Name)))];
    }

    /// <summary>The settings it was made from.</summary>
    public RouterSettings Settings { get; }

    /// <summary>The table.</summary>
    public RouteTable Table { get; }

    /// <summary>The proxies that are believed; null where none is.</summary>
    public AllowList? TrustedProxies { get; }

    /// <summary>The upstreams of all configured backends.</summary>
    public ImmutableArray<Upstream> Backends { get; }

    /// <summary>What lives of each route, at its <see cref="Route.Index"/>.</summary>
    public ImmutableArray<LiveRoute> Routes { get; }
}

/// <summary>A route with what lives of it.</summary>
/// <param name="Route">The route.</param>
/// <param name="Upstream">Its backend's upstream; null where it refuses.</param>
/// <param name="Traffic">Its counters.</param>
public sealed record LiveRoute(Route Route, Upstream? Upstream, RouteTraffic Traffic);
