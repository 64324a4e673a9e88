using System.Collections.Immutable;
using Router.Switching;

namespace Router.Management;

/// <summary>The history, the oldest entry first.</summary>
public sealed record HistoryDocument(ImmutableArray<HistoryEntry> Entries);
