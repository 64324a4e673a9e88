namespace Router.Management;

/// <summary>A bypass that an operator requests.</summary>
public sealed record BypassRequest(TimeSpan For, string? Address, string? By, string? Note);
