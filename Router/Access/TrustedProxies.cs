using System.Collections.Immutable;
using System.Net;

namespace Router.Access;

/// <summary>
/// Everyone who is believed when he says who the client is: the configured ranges and those of the lists, in one sorted set.
/// A request reads it and searches it; a list that has been read again makes a new one, which takes the old one's place in one step.
/// </summary>
public sealed class TrustedProxies
{
    private readonly ImmutableArray<IPNetwork> _configured;
    private readonly Lock _combining = new();
    private volatile AllowList? _current;

    /// <summary>Combines them for the first time.</summary>
    public TrustedProxies(ImmutableArray<IPNetwork> configured, ImmutableArray<ProxyList> lists)
    {
        (_configured, Lists) = (configured, lists);
        Combine();
    }

    /// <summary>The lists.</summary>
    public ImmutableArray<ProxyList> Lists { get; }

    /// <summary>The set in force; null where nobody is trusted.</summary>
    public AllowList? Current => _current;

    /// <summary>Takes in what the lists say now.</summary>
    public void Combine()
    {
        // Two at a time could put the older one last.
        lock (_combining)
        {
            ImmutableArray<IPNetwork> all = [.. _configured, .. Lists.SelectMany(list => list.Ranges)];
            _current = all is [] ? null : new AllowList("TrustedProxies", all);
        }
    }
}
