using System.Collections.Immutable;
using System.Net;

namespace Router.Access;

/// <summary>
/// All trusted proxies: the configured ranges and those of the lists, in one sorted set. A request reads the set and searches it; a list
/// that has been refreshed produces a new set, which replaces the old one in one step.
/// </summary>
public sealed class TrustedProxies
{
    private readonly ImmutableArray<IPNetwork> _configured;
    private readonly Lock _combining = new();
    private volatile AllowList? _current;

    /// <summary>Combines the ranges for the first time.</summary>
    public TrustedProxies(ImmutableArray<IPNetwork> configured, ImmutableArray<ProxyList> lists)
    {
        (_configured, Lists) = (configured, lists);
        Combine();
    }

    public ImmutableArray<ProxyList> Lists { get; }

    /// <summary>The set in force; null if no proxy is trusted.</summary>
    public AllowList? Current => _current;

    /// <summary>Combines the current content of the lists into a new set.</summary>
    public void Combine()
    {
        // Two concurrent calls could put the older set in force last.
        lock (_combining)
        {
            ImmutableArray<IPNetwork> all = [.. _configured, .. Lists.SelectMany(list => list.Ranges)];
            _current = all is [] ? null : new AllowList("TrustedProxies", all);
        }
    }
}
