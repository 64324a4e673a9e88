namespace Router.Configuration;

/// <summary>
/// Where the mode is stored and how the instances agree on it, from <c>Router:ModeStore</c>. Read at startup; a change needs a restart.
/// </summary>
public sealed record ModeStoreSettings
{
    /// <summary>The file that holds the record; null for none: the record is then kept in the process.</summary>
    public string? File { get; init; }

    /// <summary>The Redis that holds the record; null for none.</summary>
    public RedisSettings? Redis { get; init; }

    /// <summary>
    /// How long after an operator's command a change takes effect; null if not configured: at once for a single instance, after 2 s in a
    /// fleet.
    /// </summary>
    public TimeSpan? ActivationDelay { get; init; }

    /// <summary>How long requests in flight to a closed backend may continue after the switch. Default 30 s.</summary>
    public required TimeSpan DrainLimit { get; init; }

    /// <summary>How old an instance's report may be before the instance counts as vanished. Default 10 s.</summary>
    public required TimeSpan HeartbeatExpiry { get; init; }

    /// <summary>
    /// How long an instance may be without contact with the store before it closes itself until the store is back; null for never: it then
    /// keeps the last known mode, and a vanished instance blocks the verdict until an operator acknowledges it.
    /// </summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>
    /// Whether an instance that cannot read the store at startup uses <c>DM_MODE</c> instead of entering maintenance. Default: it does not.
    /// </summary>
    public required bool ConfiguredModeWhenUnreachable { get; init; }

    /// <summary>Whether the value of <c>File</c> or <c>Redis</c> is <c>none</c>, which overrides what another layer sets.</summary>
    public static bool IsNone(string? text) => string.Equals(text, "none", StringComparison.OrdinalIgnoreCase);
}
