namespace Router.Configuration;

/// <summary>
/// Where the mode lives and how the instances agree on it, from <c>Router:ModeStore </c>. Read at start; a change needs a restart.
/// </summary>
public sealed record ModeStoreSettings
{
    /// <summary>The file that holds the record; null for none: then it lives in the process.</summary>
    public string? File { get; init; }

    /// <summary>The Redis that holds the record; null for none.</summary>
    public RedisSettings? Redis { get; init; }

    /// <summary>
    /// How long after an operator's word a change takes effect; null where nobody said: at once alone, after 2 s in a fleet.
    /// </summary>
    public TimeSpan? ActivationDelay { get; init; }

    /// <summary>How long what is in flight to a closed backend may last after the switch. Default 30 s.</summary>
    public required TimeSpan DrainLimit { get; init; }

    /// <summary>How old an instance's report may be before the instance counts as vanished. Default 10 s.</summary>
    public required TimeSpan HeartbeatExpiry { get; init; }

    /// <summary>
    /// After how long without contact with the store an instance closes itself until it is back; null for never: then it keeps the last
    /// known mode, and a vanished instance blocks the verdict until an operator acknowledges it.
    /// </summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>
    /// Whether an instance that starts and can't read the store goes by <c>DM_MODE </c>, and not into maintenance. Default: it does not.
    /// </summary>
    public required bool ConfiguredModeWhenUnreachable { get; init; }
}
