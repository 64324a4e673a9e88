namespace Router.Admission;

/// <summary>What one instance has counted in a window of downtime.</summary>
/// <param name="Window">The window; null before the first one.</param>
/// <param name="Rejected">How many requests the mode rejected.</param>
/// <param name="RejectedWrites">How many of them were writes: their method is not safe, or they asked for an upgrade.</param>
/// <param name="Bypassed">How many requests a bypass admitted.</param>
public sealed record WindowCount(string? Window, long Rejected, long RejectedWrites, long Bypassed);
