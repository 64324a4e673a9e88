namespace Router.Modes.Stores;

/// <summary>All reports, and the store's clock when they were read.</summary>
/// <param name="Now">The store's clock, or its host's if it has none of its own.</param>
/// <param name="Reports">The reports by instance.</param>
public sealed record StoredFleet(DateTimeOffset Now, IReadOnlyDictionary<string, StoredReport> Reports);
