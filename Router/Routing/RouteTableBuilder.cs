using System.Collections.Immutable;
using Router.Access;
using Router.Configuration;

namespace Router.Routing;

/// <summary>Compiles the settings into a <see cref="RouteTable"/>, and records every validation error on the way.</summary>
internal sealed class RouteTableBuilder
{
    private const string Backends = "one of the backends";

    private readonly Dictionary<string, BackendSettings> _backends;
    private readonly Dictionary<string, AllowList> _allowLists;
    private readonly Dictionary<string, ResponseHeaderSettings> _responseHeaders;
    private readonly Dictionary<string, ErrorPageSettings> _errorPages;
    private readonly CompressionPolicy _compression;
    private readonly Dictionary<string, RateLimitSettings> _rateLimits;
    private readonly HashSet<RouteSettings> _settings = [];
    private readonly Dictionary<HostPattern, (PathTable Paths, string Host)> _hosts = [];
    private readonly ImmutableArray<Route>.Builder _routes = ImmutableArray.CreateBuilder<Route>();

    private RouteTableBuilder(RouterSettings settings)
    {
        _backends = settings.Backends.ToDictionary(backend => backend.Name, StringComparer.OrdinalIgnoreCase);
        _responseHeaders = settings.ResponseHeaders.ToDictionary(set => set.Name, StringComparer.OrdinalIgnoreCase);
        _errorPages = settings.ErrorPages.ToDictionary(page => page.Name, StringComparer.OrdinalIgnoreCase);
        _allowLists = settings.AllowLists.ToDictionary(list => list.Name, list => new AllowList(list), StringComparer.OrdinalIgnoreCase);
        _compression = settings.Compression;
        _rateLimits = settings.RateLimits.ToDictionary(limit => limit.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Builds the table. Use the result only if <paramref name="errors"/> remains empty.</summary>
    public static RouteTable Build(RouterSettings settings, ValidationErrors errors)
    {
        var builder = new RouteTableBuilder(settings);
        if (settings.Hosts is [])
            errors.Add($"{ConfigurationSections.Router}:Hosts", "is empty", "Route at least one host");
        foreach (var host in settings.Hosts)
            builder.Add(host);
        return new RouteTable(builder._hosts.ToDictionary(host => host.Key, host => host.Value.Paths), builder._routes.ToImmutable());
    }

    private void Add(HostSettings host)
    {
        var patterns = new List<HostPattern>();
        foreach (var text in host.Match)
        {
            if (HostPattern.TryParse(text, out var pattern, out var problem))
                patterns.Add(pattern);
            else
                host.Source.AddError("Match", $"'{text}' {problem}", "Write www.example.org, www.*, *.example.org or *");
        }

        if (host.Rule is { Backend: null, Refuse: false, Route.File: null })
            host.Source.AddError("Backend", "is not set", ValidationErrors.NameHint(Backends, _backends.Keys));
        var own = Compile(host, patterns, host.Source, host.Name, null, host.Rule, null);
        var paths = new PathTable(own);
        foreach (var path in host.Paths)
            Add(host, patterns, path, own, paths);
        foreach (var pattern in patterns)
        {
            if (!_hosts.TryAdd(pattern, (paths, host.Name)))
                host.Source.AddError("Match", $"'{pattern}' is already used by host '{_hosts[pattern].Host}'", "Remove one of the two");
        }
    }

    private void Add(HostSettings host, List<HostPattern> hosts, PathSettings path, Route own, PathTable paths)
    {
        var route = Compile(host, hosts, path.Source, $"{host.Name}/{path.Name}", string.Join(", ", path.Match), path.Rule, own);
        foreach (var text in path.Match)
        {
            if (!PathPattern.TryParse(text, out var pattern, out var problem))
                path.Source.AddError("Match", $"'{text}' {problem}", "Write /admin, =/favicon.ico, /*/documents/ or **/_metrics");
            else if (!paths.TryAdd(pattern, route, out var present))
                path.Source.AddError("Match", $"'{pattern}' is already used by '{present.Name}'", "Remove one of the two");
        }
    }

    private Route Compile(
        HostSettings host,
        List<HostPattern> hosts,
        ConfigurationLocation source,
        string name,
        string? pathText,
        RuleSettings rule,
        Route? own
    )
    {
        if (rule.Refuse && (rule.Backend ?? rule.Route.File) is not null)
            source.AddError(
                "Refuse",
                "is set together with a backend or a file",
                "Keep one of them: a rule forwards, refuses, or serves a file"
            );
        else if (rule is { Backend: not null, Route.File: not null })
            source.AddError("File", "is set together with a backend", "Keep one of them: a rule forwards, or serves a file");
        if (rule.Route is { InEveryMode: true, File: null })
            source.AddError("InEveryMode", "is set without a file", "Set File: only a file can be served in every mode");
        var backend = rule.Refuse || rule.Route.File is not null ? null : Backend(source, rule.Backend) ?? own?.Backend;
        var settings = Shared(own is null ? rule.Route : rule.Route.Over(own.Settings));
        var route = new Route
        {
            Name = name,
            Index = _routes.Count,
            HostText = string.Join(", ", host.Match),
            PathText = pathText,
            IsCatchAll = hosts.Any(pattern => pattern.Kind == HostPatternKind.CatchAll),
            Settings = settings,
            Backend = backend,
            AllowList = AllowListOf(source, rule.AllowList, own?.AllowList),
            Compression = settings.Compression ?? _compression,
            RateLimits = RateLimitsOf(source, rule.RateLimits, own?.RateLimits ?? []),
            ResponseHeaders = ResponseHeadersOf(source, rule.ResponseHeaders) ?? own?.ResponseHeaders ?? [],
            ErrorPage = backend is null ? null : ErrorPageOf(source, rule.ErrorPage, backend, own),
            Kind = backend?.Kind ?? own?.Kind ?? BackendKind.Frontend,
        };
        _routes.Add(route);
        return route;
    }

    // Most routes of a large table have the same settings.
    private RouteSettings Shared(RouteSettings settings)
    {
        if (_settings.TryGetValue(settings, out var same))
            return same;
        _settings.Add(settings);
        return settings;
    }

    private ImmutableArray<ResponseHeaderSettings>? ResponseHeadersOf(ConfigurationLocation source, ImmutableArray<string> names)
    {
        if (names is [])
            return null;
        if (names is [RuleSettings.None])
            return [];
        foreach (var name in names.Where(name => !_responseHeaders.ContainsKey(name)))
            source.AddUnknownName(
                "ResponseHeaders",
                name,
                "sets of Router:ResponseHeaders",
                _responseHeaders.Keys,
                $", or {RuleSettings.None}"
            );
        return [.. names.Where(_responseHeaders.ContainsKey).Select(name => _responseHeaders[name])];
    }

    private (ErrorPageSettings Page, BackendSettings Backend)? ErrorPageOf(
        ConfigurationLocation source,
        string? name,
        BackendSettings served,
        Route? own
    )
    {
        if (name is null)
            return own?.ErrorPage;
        if (name is RuleSettings.None)
            return null;
        if (!_errorPages.TryGetValue(name, out var page))
        {
            source.AddUnknownName("ErrorPage", name, "a page of Router:ErrorPages", _errorPages.Keys, $", or {RuleSettings.None}");
            return null;
        }

        if (!_backends.TryGetValue(page.Backend, out var backend))
            page.Source.AddUnknownName("Backend", page.Backend, Backends, _backends.Keys);
        // Otherwise a mode could close the page but not the backend whose error it is to replace.
        else if (backend.Kind != served.Kind)
            page.Source.AddError("Backend", $"'{page.Backend}' has another kind than '{served.Name}'", "Choose a backend of the same kind");
        else
            return (page, backend);
        return null;
    }

    private BackendSettings? Backend(ConfigurationLocation source, string? name)
    {
        if (name is null)
            return null;
        if (!_backends.TryGetValue(name, out var backend))
            source.AddUnknownName("Backend", name, Backends, _backends.Keys);
        return backend;
    }

    private AllowList? AllowListOf(ConfigurationLocation source, string? name, AllowList? otherwise)
    {
        if (name is null)
            return otherwise;
        if (string.Equals(name, RuleSettings.Everyone, StringComparison.OrdinalIgnoreCase))
            return null;
        if (!_allowLists.TryGetValue(name, out var list))
            source.AddUnknownName("AllowList", name, AllowListSettings.Kind, _allowLists.Keys, $", or {RuleSettings.Everyone}");
        return list;
    }

    private ImmutableArray<RateLimitSettings> RateLimitsOf(
        ConfigurationLocation source,
        ImmutableArray<string> names,
        ImmutableArray<RateLimitSettings> otherwise
    )
    {
        if (names is [])
            return otherwise;
        if (names is [var only] && only.Equals(RuleSettings.None, StringComparison.OrdinalIgnoreCase))
            return [];
        foreach (var name in names.Where(name => !_rateLimits.ContainsKey(name)))
            source.AddUnknownName(
                "RateLimits",
                name,
                "one or several of the rate limits",
                _rateLimits.Keys,
                $", or {RuleSettings.None} alone"
            );
        // The strictest first: what it rejects does not count against the wider limits.
        return [.. names.Where(_rateLimits.ContainsKey).Select(name => _rateLimits[name]).Distinct().OrderBy(limit => limit.Rate)];
    }
}
