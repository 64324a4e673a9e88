namespace Router.Modes;

/// <summary>A change of the mode requested by an operator. Null values remain unchanged or get their default.</summary>
public sealed record ModeChange
{
    /// <summary>The mode; null to amend the one that is in force or scheduled (a later end, another reason).</summary>
    public Mode? Mode { get; init; }

    /// <summary>When it takes effect; null for as soon as every instance can know of it.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The announced end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How much to add to the announced end of a mode that is in force or scheduled.</summary>
    public TimeSpan? ExtendBy { get; init; }

    /// <summary>Whether <see cref="Until"/> may move the announced end closer.</summary>
    public bool Shorten { get; init; }

    /// <summary>The operator.</summary>
    public string? By { get; init; }

    /// <summary>The reason, in words that visitors may read.</summary>
    public string? Reason { get; init; }

    public string? Ticket { get; init; }

    /// <summary>How long the site is read-only before the change; null for not at all.</summary>
    public TimeSpan? ReadOnlyBefore { get; init; }

    /// <summary>How long requests in flight may continue; null for the drain limit.</summary>
    public TimeSpan? CutAfter { get; init; }

    /// <summary>How to open the site in stages; null to open it to everyone at once.</summary>
    public StagedOpening? Stages { get; init; }

    /// <summary>How long a request may wait in a mode that holds; null for each instance's own limit.</summary>
    public TimeSpan? HoldTimeout { get; init; }

    /// <summary>
    /// The mode to switch to after <see cref="After"/>, unless the mode has been changed by then; null for none. It opens nothing.
    /// </summary>
    public Mode? Then { get; init; }

    /// <summary>How long after the change <see cref="Then"/> follows.</summary>
    public TimeSpan? After { get; init; }
}
