namespace Router.Modes;

/// <summary>A mode from an instant on, and who wanted it, why, and for how long. Immutable.</summary>
public sealed record ModeStep
{
    /// <summary>The mode.</summary>
    public required Mode Mode { get; init; }

    /// <summary>When it takes effect on every instance, each by its own clock.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The version of the record in which the step first stood.</summary>
    public long Made { get; init; }

    /// <summary>The window of downtime that it belongs to, from the first step that closes something until the site is live; null in live.</summary>
    public string? Window { get; init; }

    /// <summary>When that window begins, on every instance the same; null in live.</summary>
    public DateTimeOffset? WindowBegins { get; init; }

    /// <summary>
    /// When the frontends ceased to serve pages, on every instance the same: for a short time after it static files of those pages still pass.
    /// Null where they serve them.
    /// </summary>
    public DateTimeOffset? PagesUntil { get; init; }

    /// <summary>The announced end. It is an announcement: nothing happens by itself when it has come.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Who wanted it; null where nobody said.</summary>
    public string? By { get; init; }

    /// <summary>Why, in words that visitors may read.</summary>
    public string? Reason { get; init; }

    /// <summary>The ticket of the change.</summary>
    public string? Ticket { get; init; }

    /// <summary>How long what is in flight to a closed backend may last from <see cref="At"/> on; null for the instance's drain limit.</summary>
    public TimeSpan? CutAfter { get; init; }

    /// <summary>Whether it is the same step, perhaps with more told of it. One record never holds two new steps in one mode.</summary>
    public bool IsSameAs(ModeStep other) => Made == other.Made && Mode == other.Mode;
}
