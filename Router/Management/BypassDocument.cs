using Router.Modes;

namespace Router.Management;

/// <summary>A bypass, as the management interface shows it.</summary>
/// <param name="Id">Identifies its uses in the access log.</param>
/// <param name="Until">When it ends at the latest; it also ends with the window.</param>
/// <param name="Address">The address or range that it is for; null if it is by token.</param>
/// <param name="By">Who issued it.</param>
/// <param name="Note">For whom and what.</param>
public sealed record BypassDocument(string Id, DateTimeOffset Until, string? Address, string? By, string? Note)
{
    /// <summary>The token, in the response that issues it, and never again.</summary>
    public string? Token { get; init; }

    public static BypassDocument Of(Bypass bypass) => new(bypass.Id, bypass.Until, bypass.Addresses, bypass.By, bypass.Note);
}
