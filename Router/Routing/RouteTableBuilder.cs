using System.Collections.Immutable;
using Router.Access;
using Router.Configuration;

namespace Router.Routing;

/// <summary>Compiles the settings into a <see cref="RouteTable"/>, and notes every fault on the way.</summary>
internal sealed class RouteTableBuilder
{

    private readonly Dictionary<string, BackendSettings> _backends;
    private readonly Dictionary<string, AllowList> _allowLists;
    private readonly Dictionary<HostPattern, (PathTable Paths, string Host)> _hosts = [];
    private readonly ImmutableArray<Route>.Builder _routes = ImmutableArray.CreateBuilder<Route>();

    private RouteTableBuilder(RouterSettings settings, Faults faults)
    {

        _backends = settings.Backends.ToDictionary(backend => backend.Name, StringComparer.OrdinalIgnoreCase);
        _allowLists = settings.AllowLists.ToDictionary(list => list.Name, list => new AllowList(list.Name, list.Ranges), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Builds the table. The result is to be used only where <paramref name="faults"/> stays empty.</summary>
    public static RouteTable Build(RouterSettings settings, Faults faults)
    {
        var builder = new RouteTableBuilder(settings, faults);
        if (settings.Hosts is [])
            faults.Add($"{SettingsReader.Section}:Hosts", "is empty", "Route at least one host");
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
                host.Source.Fault("Match", $"'{text}' {problem}", "Write www.example.org, www.*, *.example.org or *");
        }

        if (host.Rule is { Backend: null, Refuse: false })
            host.Source.Fault("Backend", "is not set", $"Name one of the backends: {Names(_backends.Keys)}");
        var own = Compile(host, patterns, host.Source, host.Name, null, host.Rule, null);
        var paths = new PathTable(own);
        foreach (var path in host.Paths)
            Add(host, patterns, path, own, paths);
        foreach (var pattern in patterns)
        {
            if (!_hosts.TryAdd(pattern, (paths, host.Name)))
                host.Source.Fault("Match", $"'{pattern}' stands at host '{_hosts[pattern].Host}' already", "Keep it in one place");
        }
    }

    private void Add(HostSettings host, List<HostPattern> hosts, PathSettings path, Route own, PathTable paths)
    {
        var route = Compile(host, hosts, path.Source, $"{host.Name}/{path.Name}", string.Join(", ", path.Match), path.Rule, own);
        foreach (var text in path.Match)
        {
            if (!PathPattern.TryParse(text, out var pattern, out var problem))
                path.Source.Fault("Match", $"'{text}' {problem}", "Write /admin, =/favicon.ico, /*/documents/ or **/_metrics");
            else if (!paths.TryAdd(pattern, route, out var present))
                path.Source.Fault("Match", $"'{pattern}' stands at '{present.Name}' already", "Keep it in one place");
        }
    }

    private Route Compile(HostSettings host, List<HostPattern> hosts, ConfigurationReader source, string name, string? pathText, RuleSettings rule, Route? own)
    {
        if (rule is { Refuse: true, Backend: not null })
            source.Fault("Refuse", "stands beside a backend", "Take one of the two away");
        var backend = rule.Refuse ? null : Backend(source, rule.Backend) ?? own?.Backend;
        var route = new Route
        {
            Name = name,
            Index = _routes.Count,
            HostText = string.Join(", ", host.Match),
            PathText = pathText,
            IsCatchAll = hosts.Any(pattern => pattern.Kind == HostPatternKind.CatchAll),
            Backend = backend,
            AllowList = AllowListOf(source, rule.AllowList, own?.AllowList),
            MaxRequestBody = rule.MaxRequestBody ?? own?.MaxRequestBody ?? RuleSettings.DefaultMaxRequestBody,
            Kind = backend?.Kind ?? own?.Kind ?? BackendKind.Frontend,
        };
        _routes.Add(route);
        return route;
    }

    private BackendSettings? Backend(ConfigurationReader source, string? name)
    {
        if (name is null)
            return null;
        if (!_backends.TryGetValue(name, out var backend))
            source.Fault("Backend", $"'{name}' is not configured", $"Name one of the backends: {Names(_backends.Keys)}");
        return backend;
    }

    private AllowList? AllowListOf(ConfigurationReader source, string? name, AllowList? otherwise)
    {
        if (name is null)
            return otherwise;
        if (string.Equals(name, RuleSettings.Everyone, StringComparison.OrdinalIgnoreCase))
            return null;
        if (!_allowLists.TryGetValue(name, out var list))
            source.Fault("AllowList", $"'{name}' is not configured", $"Name one of the allow lists ({Names(_allowLists.Keys)}), or {RuleSettings.Everyone}");
        return list;
    }

    private static string Names(IEnumerable<string> names) => names.Any() ? string.Join(", ", names) : "none is configured";
}
