using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>One path rule of a host; values it omits are inherited from the host.</summary>
/// <param name="Name">The name under <c>Paths</c>.</param>
/// <param name="Source">Where it is in the configuration, for validation errors.</param>
/// <param name="Match">The path patterns, as written.</param>
public sealed record PathSettings(string Name, ConfigurationLocation Source, ImmutableArray<string> Match, RuleSettings Rule);
