namespace Router.Modes;

/// <summary>A mode from a given time on, with its operator, reason and announced end. Immutable.</summary>
public sealed record ModeStep
{
    public required Mode Mode { get; init; }

    /// <summary>When it takes effect on every instance, each by its own clock.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The version of the record that introduced the step.</summary>
    public RecordVersion Made { get; init; }

    /// <summary>
    /// The window of downtime that it belongs to, from the first step that closes something until the site is live; null in live.
    /// </summary>
    public string? Window { get; init; }

    /// <summary>When that window starts, the same on every instance; null in live.</summary>
    public DateTimeOffset? WindowBegins { get; init; }

    /// <summary>
    /// When the frontends stop serving pages, the same on every instance: for a short time afterwards, requests for static files of those
    /// pages are still forwarded. Null if the frontends are open.
    /// </summary>
    public DateTimeOffset? FrontendsOpenUntil { get; init; }

    /// <summary>The announced end. It is only an announcement: nothing happens when it has passed.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The operator; null if not named.</summary>
    public string? By { get; init; }

    /// <summary>The reason, in words that visitors may read.</summary>
    public string? Reason { get; init; }

    public string? Ticket { get; init; }

    /// <summary>
    /// How long requests in flight to a closed backend may continue from <see cref="At"/> on; null for the instance's drain limit.
    /// </summary>
    public TimeSpan? CutAfter { get; init; }

    /// <summary>Why a reopening in stages fell back to this mode by itself; null if it did not.</summary>
    public string? FellBack { get; init; }

    /// <summary>Whether it follows automatically if nobody has changed the mode by then, rather than being an operator's goal.</summary>
    public bool IsFollowUp { get; init; }

    /// <summary>How long a request may wait in a mode that holds; null for the instance's own limit.</summary>
    public TimeSpan? HoldTimeout { get; init; }

    /// <summary>Whether it is the same step, possibly amended. One record never introduces two steps with the same mode.</summary>
    public bool IsSameAs(ModeStep other) => Made == other.Made && Mode.Name == other.Mode.Name;
}
