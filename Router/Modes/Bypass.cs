using System.Net;
using Router.Configuration;

namespace Router.Modes;

/// <summary>
/// Lets testers into the closed site: by a token, of which only the hash is stored, or by address. It ends with the window of
/// downtime.
/// </summary>
public sealed record Bypass
{
    public static readonly TimeSpan MaxDuration = TimeSpan.FromHours(12);

    public static readonly TimeSpan DefaultDuration = TimeSpan.FromHours(1);

    /// <summary>Identifies its uses in logs.</summary>
    public required string Id { get; init; }

    /// <summary>The window that it belongs to.</summary>
    public required string Window { get; init; }

    /// <summary>When it ends at the latest.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The SHA-256 of the token, in hexadecimal; null if it is by address.</summary>
    public string? TokenHash { get; init; }

    /// <summary>The address or range; null if it is by token.</summary>
    public string? Addresses { get; init; }

    /// <summary>Who issued it.</summary>
    public string? By { get; init; }

    /// <summary>For whom and for what purpose it was issued.</summary>
    public string? Note { get; init; }

    /// <summary>Whether it is valid for a window at a given time.</summary>
    public bool HoldsIn(string? window, DateTimeOffset now) => Window == window && now < Until;

    /// <summary>Whether it covers a client, whose address is in its own family, as <c>ClientAddress</c> returns it.</summary>
    public bool IsFor(IPAddress client) => AddressRange.TryParse(Addresses, out var range) && range.Contains(client);
}
