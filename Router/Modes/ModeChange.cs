namespace Router.Modes;

/// <summary>What an operator wants of the mode. What is null is left as it is, or to its default.</summary>
public sealed record ModeChange
{
    /// <summary>The mode; null for more to be told of the one that is in force or scheduled (extending its end, another reason).</summary>
    public Mode? Mode { get; init; }

    /// <summary>When it takes effect; null for as soon as every instance can know of it.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The announced end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How much to add to the announced end of a mode that is in force or scheduled.</summary>
    public TimeSpan? ExtendBy { get; init; }

    /// <summary>Whether <see cref="Until"/> may move the announced end closer.</summary>
    public bool Shorten { get; init; }

    /// <summary>Who wants it.</summary>
    public string? By { get; init; }

    /// <summary>Why, in words that visitors may read.</summary>
    public string? Reason { get; init; }

    /// <summary>The ticket of the change.</summary>
    public string? Ticket { get; init; }

    /// <summary>How long the site is read-only before the change; null for not at all.</summary>
    public TimeSpan? WritesFirst { get; init; }

    /// <summary>How long what is in flight may last; null for the drain limit.</summary>
    public TimeSpan? CutAfter { get; init; }
}
