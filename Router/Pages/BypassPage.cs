namespace Router.Pages;

/// <summary>The content of the <c>/_bypass</c> page.</summary>
public sealed record BypassPage
{
    /// <summary>The key of the error text; null if there was no error.</summary>
    public string? Problem { get; init; }

    /// <summary>The end of the bypass that is active in this browser; null if there is none, and the page asks for a token.</summary>
    public DateTimeOffset? ActiveUntil { get; init; }

    /// <summary>When the last of the tokens expires.</summary>
    public DateTimeOffset? TokensEnd { get; init; }

    /// <summary>The only host that the cookie is valid for; null if it is valid for all hosts of its domain.</summary>
    public string? OnlyHost { get; init; }
}
