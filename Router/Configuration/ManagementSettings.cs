namespace Router.Configuration;

/// <summary>The listener for operators, from <c>Router:Management</c>. Read at start; a change needs a restart.</summary>
public sealed record ManagementSettings
{
    /// <summary>Where it listens where nobody says otherwise: for this machine only.</summary>
    public const string DefaultUrl = "http://127.0.0.1:9900";

    /// <summary>Where it listens; null where it is off.</summary>
    public string? Url { get; init; }

    /// <summary>Whether somebody chose the address: then Router does not start without it.</summary>
    public bool IsChosen { get; init; }

    /// <summary>The secret that a request must bear (RFC 6750); null where none is needed, which only loopback may do.</summary>
    public string? Token { get; init; }

    /// <summary>A message of this instance, whose commands lead to it. A port of 0 is chosen only later.</summary>
    public string Hint(string message) =>
        ToolHint.At(
            message,
            Url is not null && LocalAddress.Of(Url) is { } address && !address.EndsWith(":0", StringComparison.Ordinal) ? address : null
        );

    /// <summary>Whether a text has only letters that a token may have, which are those that a header field carries as they are.</summary>
    public static bool MayBeToken(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('!', '~');
}
