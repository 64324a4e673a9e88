using System.Collections.Frozen;

namespace Router.Http.Http1;

/// <summary>What a response header means to the connection on which it arrived.</summary>
public enum HeaderRole
{
    /// <summary>Nothing: the header is forwarded.</summary>
    None,

    /// <summary><c>Content-Length</c>, which is forwarded too.</summary>
    ContentLength,

    /// <summary>A repeated <c>Content-Length</c> with the same value: only one is forwarded.</summary>
    RepeatedContentLength,

    TransferEncoding,

    Connection,

    /// <summary><c>Connection</c> with <c>close</c>: no other response follows on this connection.</summary>
    ConnectionClose,

    Upgrade,

    /// <summary>Another hop-by-hop header, which is not forwarded (<see cref="HopByHopHeaders"/>).</summary>
    Stopped,
}

/// <summary>Determines the roles.</summary>
public static class HeaderRoles
{
    private static readonly FrozenDictionary<string, HeaderRole> All = HopByHopHeaders
        .Names.Select(name =>
            KeyValuePair.Create(
                name,
                name switch
                {
                    "Transfer-Encoding" => HeaderRole.TransferEncoding,
                    "Connection" => HeaderRole.Connection,
                    "Upgrade" => HeaderRole.Upgrade,
                    _ => HeaderRole.Stopped,
                }
            )
        )
        .Append(KeyValuePair.Create("Content-Length", HeaderRole.ContentLength))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static HeaderRole Of(string name, string value)
    {
        var role = All.GetValueOrDefault(name);
        return role == HeaderRole.Connection && HopByHopHeaders.IsNamedBy(value, "close") ? HeaderRole.ConnectionClose : role;
    }
}
