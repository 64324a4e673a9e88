namespace Router.Modes.Stores;

/// <summary>The store's response to a heartbeat.</summary>
/// <param name="Now">The store's clock when it received the heartbeat; null if the store uses its host's clock.</param>
/// <param name="IsObserver">Whether this instance is the one that reads all reports and publishes the verdict.</param>
/// <param name="Verdict">The verdict that the observer published last; null if none is current.</param>
public sealed record StoreBeat(DateTimeOffset? Now, bool IsObserver, string? Verdict);
