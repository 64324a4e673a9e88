using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>Everything that section <c>Router</c> of the configuration says, read and checked value by value.</summary>
public sealed record RouterSettings
{
    /// <summary>The name of the mode at start. Default <c>live</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>The release that runs, as health check and metrics show it, such as <c>release-18</c>; null when nobody said.</summary>
    public string? Release { get; init; }

    /// <summary>This instance's name among its siblings. Default: the machine's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The stage, such as <c>preview</c>; null when nobody said.</summary>
    public string? Stage { get; init; }

    /// <summary>This application's name. Default <c>router</c>.</summary>
    public required string ApplicationName { get; init; }

    /// <summary>The backends by name.</summary>
    public required ImmutableArray<BackendSettings> Backends { get; init; }

    /// <summary>Named lists of client addresses.</summary>
    public required ImmutableArray<AllowListSettings> AllowLists { get; init; }

    /// <summary>The hosts that are routed, each with its paths.</summary>
    public required ImmutableArray<HostSettings> Hosts { get; init; }
}

/// <summary>What a backend is to the site: the modes open and close backends by their kind.</summary>
public enum BackendKind
{
    /// <summary>Pages for people. Closed in recovery and in maintenance.</summary>
    Frontend,

    /// <summary>An interface for programs. Closed in maintenance only.</summary>
    Api,
}

/// <summary>One application behind Router. Two with equal settings are the same backend, and keep their connections over a reload.</summary>
public sealed record BackendSettings
{
    /// <summary>The name under <c>Router:Backends</c>; metrics and logs carry it.</summary>
    public required string Name { get; init; }

    /// <summary>Frontend or API.</summary>
    public required BackendKind Kind { get; init; }

    /// <summary>The application's origin: scheme, host and port, no path.</summary>
    public required Uri Address { get; init; }

    /// <summary>Base64 of <c>user:password</c> that replaces the client's <c>Authorization</c> (RFC 7617); null leaves the client's.</summary>
    public string? BasicAuthentication { get; init; }

    /// <summary>How long a connection may take to be made. Default 1 s.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>How long the backend may take until its answer begins, once it has the request. Default 60 s.</summary>
    public required TimeSpan ResponseTimeout { get; init; }
}

/// <summary>A named list of address ranges.</summary>
/// <param name="Name">The name under <c>Router:AllowLists</c>.</param>
/// <param name="Ranges">The ranges; never empty in a valid configuration.</param>
public sealed record AllowListSettings(string Name, ImmutableArray<IPNetwork> Ranges);

/// <summary>One host, or a family of hosts, and what its paths do.</summary>
public sealed record HostSettings
{
    /// <summary>The name under <c>Router:Hosts</c>; metrics and logs carry it.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands in the configuration, for faults.</summary>
    public required ConfigurationReader Source { get; init; }

    /// <summary>The host patterns, as written.</summary>
    public required ImmutableArray<string> Match { get; init; }

    /// <summary>What holds for every path that no rule of its own says otherwise.</summary>
    public required RuleSettings Rule { get; init; }

    /// <summary>The rules for single paths.</summary>
    public required ImmutableArray<PathSettings> Paths { get; init; }
}

/// <summary>One path rule of a host; what it leaves out holds as the host says it.</summary>
/// <param name="Name">The name under <c>Paths</c>.</param>
/// <param name="Source">Where it stands in the configuration, for faults.</param>
/// <param name="Match">The path patterns, as written.</param>
/// <param name="Rule">The rule.</param>
public sealed record PathSettings(string Name, ConfigurationReader Source, ImmutableArray<string> Match, RuleSettings Rule);

/// <summary>What becomes of the requests that a host or a path rule matches.</summary>
/// <param name="Backend">The backend's name; null where the host's holds.</param>
/// <param name="AllowList">The allow list's name, or <see cref="Everyone"/>; null where the host's holds.</param>
/// <param name="Refuse">Whether it is closed to everyone, in every mode: 403.</param>
public sealed record RuleSettings(string? Backend, string? AllowList, bool Refuse)
{
    /// <summary>The word that stands for no allow list at all.</summary>
    public const string Everyone = "everyone";
}
