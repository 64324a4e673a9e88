using System.Collections.Frozen;

namespace Router.Http.Http1;

/// <summary>What a field of an answer's head is to the connection that it comes on.</summary>
public enum HeaderRole
{
    /// <summary>Nothing: it goes on.</summary>
    None,

    /// <summary><c>Content-Length</c>, which goes on too.</summary>
    ContentLength,

    /// <summary>Another <c>Content-Length</c> with the same value: one is enough.</summary>
    RepeatedContentLength,

    /// <summary><c>Transfer-Encoding</c>.</summary>
    TransferEncoding,

    /// <summary><c>Connection</c>.</summary>
    Connection,

    /// <summary><c>Connection</c> that names <c>close</c>: there is no other answer after this one.</summary>
    ConnectionClose,

    /// <summary><c>Upgrade</c>.</summary>
    Upgrade,

    /// <summary>One of the others that stop here (<see cref="HopByHopHeaders"/>).</summary>
    Stopped,
}

/// <summary>Tells the roles.</summary>
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

    /// <summary>The role of a field.</summary>
    public static HeaderRole Of(string name, string value)
    {
        var role = All.GetValueOrDefault(name);
        return role == HeaderRole.Connection && HopByHopHeaders.IsNamedBy(value, "close") ? HeaderRole.ConnectionClose : role;
    }
}
