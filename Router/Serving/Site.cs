using System.Collections.Immutable;
using Router.Access;
using Router.Admission;
using Router.Configuration;
using Router.Headers;
using Router.Metrics;
using Router.Modes;
using Router.Pages;
using Router.Routing;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>One valid configuration, ready to serve: the route table and the runtime state of each route. Immutable.</summary>
public sealed class Site
{
    /// <summary>Builds a site from a validated configuration.</summary>
    public Site(
        SiteParts parts,
        UpstreamRegistry upstreams,
        RateLimits limits,
        ProxyLists lists,
        Traffic traffic,
        BypassGate bypass,
        FleetClock time
    )
    {
        (var settings, var table, var pages, RequestRules, var files) = parts;
        Settings = settings;
        Table = table;
        Pages = pages;
        Proxies = new TrustedProxies(settings.TrustedProxies, [.. settings.TrustedProxyLists.Select(lists.For)]);
        StatusAccess = new StatusAccess(settings);
        Backends = [.. settings.Backends.Select(upstreams.For)];
        var shared = new Dictionary<(string Sets, bool HttpsRedirects), ResponseHeaderRules>();
        Routes =
        [
            .. table.Routes.Select(route => new RouteState(
                route,
                route.Backend is { } backend ? upstreams.For(backend) : null,
                route.File is { } file ? files[file] : null,
                route.ErrorPage is { } page ? new ErrorPage(page.Page, upstreams.For(page.Backend)) : null,
                RulesOf(route, shared),
                traffic.For(route.Name, route.Backend?.Name)
            )),
        ];
        Admission = new AdmissionPolicy(
            bypass,
            time,
            settings.AssetGrace,
            settings.RateLimiting
                ? [.. table.Routes.Select(route => (ImmutableArray<RateLimit>)[.. route.RateLimits.Select(limits.For)])]
                : default
        );
    }

    public RouterSettings Settings { get; }

    public RouteTable Table { get; }

    /// <summary>Decides how a request is handled.</summary>
    public AdmissionPolicy Admission { get; }

    /// <summary>Router's own responses.</summary>
    public SitePages Pages { get; }

    /// <summary>The trusted proxies; null if there are none.</summary>
    public AllowList? TrustedProxies => Proxies.Current;

    /// <summary>The sources of the trusted proxies.</summary>
    public TrustedProxies Proxies { get; }

    /// <summary>Who may read the status and the metrics on the site's port.</summary>
    public StatusAccess StatusAccess { get; }

    /// <summary>The changes to the headers of every forwarded request.</summary>
    public RequestRules RequestRules { get; }

    /// <summary>The upstreams of all configured backends.</summary>
    public ImmutableArray<Upstream> Backends { get; }

    /// <summary>Every upstream that serves requests or error pages.</summary>
    public IReadOnlyCollection<Upstream> Upstreams =>
        [.. Backends, .. Routes.Select(route => route.ErrorPage?.Upstream).OfType<Upstream>()];

    /// <summary>The runtime state of each route, at its <see cref="Route.Index"/>.</summary>
    public ImmutableArray<RouteState> Routes { get; }

    /// <summary>The runtime state of the matched route; null if none matches.</summary>
    public RouteState? StateOf(in RouteMatch match) => match.Route is { } route ? Routes[route.Index] : null;

    /// <summary>Reads settings, table and pages, and records every validation error.</summary>
    public static SiteParts Read(IConfiguration configuration, ValidationErrors errors)
    {
        var settings = SettingsReader.Read(configuration, errors);
        var table = RouteTableBuilder.Build(settings, errors);
        if (!ModeCatalogue.TryFind(settings.Mode, out _))
            errors.Add(
                ConfigurationVariables.From(configuration).Describe($"{ConfigurationSections.Router}:Mode"),
                $"is '{settings.Mode}'",
                $"Choose one of {ModeCatalogue.Names}"
            );
        var samplingTrust = settings.FindAllowList(settings.RequestHeaders.SamplingTrust);
        if (settings.RequestHeaders.SamplingTrust is { } name && samplingTrust is null)
            errors.AddUnknownName(
                $"{ConfigurationSections.Router}:RequestHeaders:SamplingTrust",
                name,
                AllowListSettings.Kind,
                settings.AllowLists.Select(list => list.Name)
            );
        StatusAccess.Check(settings, errors);
        KestrelReader.Check(configuration, errors);
        LoggingReader.Check(configuration, errors);
        var files = new Dictionary<string, FixedFile>();
        foreach (var route in table.Routes)
        {
            if (route.File is { } fileName && FixedFile.Load(SitePages.Directory, fileName, KeyOf(route, "File"), errors) is { } file)
                files[fileName] = file;
        }

        var own = from route in table.Routes where route.PageTemplate is not null select (route.PageTemplate, KeyOf(route, "PageTemplate"));
        // The table has everything of the hosts; of 100,000 their settings would be another 40 MB.
        return new SiteParts(
            settings with
            {
                Hosts = [],
            },
            table,
            SitePages.Load(SitePages.Directory, settings.Pages, own, errors),
            new RequestRules(settings, samplingTrust is null ? null : new AllowList(samplingTrust)),
            files
        );
    }

    // Routes with the same rules share them, unless the rules remember the text of the last host.
    private static ResponseHeaderRules RulesOf(Route route, Dictionary<(string Sets, bool HttpsRedirects), ResponseHeaderRules> shared)
    {
        // With the lengths: a name may contain any separator.
        var key = (string.Concat(route.ResponseHeaders.Select(set => $"{set.Name.Length}:{set.Name}")), route.HttpsRedirects);
        if (shared.TryGetValue(key, out var same))
            return same;
        var rules = new ResponseHeaderRules(route.ResponseHeaders, route.HttpsRedirects);
        if (!rules.DependOnHost)
            shared.Add(key, rules);
        return rules;
    }

    private static string KeyOf(Route route, string key) =>
        $"{ConfigurationSections.Router}:Hosts:{route.Name.Replace("/", ":Paths:", StringComparison.Ordinal)}:{key}";
}
