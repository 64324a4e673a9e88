using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>One host, or a family of hosts, and the rules of its paths.</summary>
public sealed record HostSettings
{
    /// <summary>The name under <c>Router:Hosts</c>; metrics and logs refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is in the configuration, for validation errors.</summary>
    public required ConfigurationLocation Source { get; init; }

    /// <summary>The host patterns, as written.</summary>
    public required ImmutableArray<string> Match { get; init; }

    /// <summary>The rule for every path that no path rule overrides.</summary>
    public required RuleSettings Rule { get; init; }

    /// <summary>The rules for single paths.</summary>
    public required ImmutableArray<PathSettings> Paths { get; init; }
}
