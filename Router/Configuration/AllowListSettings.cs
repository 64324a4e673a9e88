using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>A named list of address ranges.</summary>
/// <param name="Name">The name under <c>Router:AllowLists</c>.</param>
/// <param name="Ranges">The ranges; never empty in a valid configuration.</param>
public sealed record AllowListSettings(string Name, ImmutableArray<IPNetwork> Ranges)
{
    /// <summary>What other settings name, for messages.</summary>
    public const string Kind = "one of the allow lists";
}
