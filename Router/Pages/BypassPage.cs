namespace Router.Pages;

/// <summary>What the page <c>/_bypass</c> shows.</summary>
public sealed record BypassPage
{
    /// <summary>The key of the text that says what went wrong; null where nothing did.</summary>
    public string? Problem { get; init; }

    /// <summary>When the bypass that is active in this browser ends; null where none is, and the page asks for a token.</summary>
    public DateTimeOffset? ActiveUntil { get; init; }

    /// <summary>When the last of the tokens ends.</summary>
    public DateTimeOffset? TokensEnd { get; init; }

    /// <summary>The only host that the cookie will be for; null where it is for all hosts of its domain.</summary>
    public string? OnlyHost { get; init; }
}
