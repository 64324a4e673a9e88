namespace Router.Configuration;

/// <summary>The management listener, from <c>Router:Management</c>. Read at startup; a change needs a restart.</summary>
public sealed record ManagementSettings
{
    /// <summary>The default address: reachable from this machine only.</summary>
    public const string DefaultUrl = "http://127.0.0.1:9900";

    /// <summary>The address to listen on; null if management is off.</summary>
    public string? Url { get; init; }

    /// <summary>Whether the address was configured explicitly: Router then does not start without it.</summary>
    public bool IsChosen { get; init; }

    /// <summary>The bearer token that a request must carry (RFC 6750); null if none is needed, which is allowed on loopback only.</summary>
    public string? Token { get; init; }

    /// <summary>A second token that can only read, for wall screens; null if there is none.</summary>
    public string? ReadToken { get; init; }

    /// <summary>Whether the operator's page is served.</summary>
    public bool HasPage { get; init; } = true;

    /// <summary>A message of this instance whose commands point to it. A port of 0 is only assigned later.</summary>
    public string Hint(string message) =>
        ToolHint.At(
            message,
            Url is not null && LocalAddress.Of(Url) is { } address && !address.EndsWith(":0", StringComparison.Ordinal) ? address : null
        );

    /// <summary>Whether a text consists only of characters that a token may have: those that a header carries unchanged.</summary>
    public static bool MayBeToken(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('!', '~');
}
