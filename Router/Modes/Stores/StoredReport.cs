using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Router.Modes.Stores;

/// <summary>An instance's report as the store keeps it.</summary>
/// <param name="SeenAt">When the store received it, by the store's clock.</param>
/// <param name="Text">What the instance reported.</param>
public sealed record StoredReport(DateTimeOffset SeenAt, string Text)
{
    /// <summary>The stored form: microseconds since 1970, a space, the text.</summary>
    public string Encode() =>
        string.Create(CultureInfo.InvariantCulture, $"{(SeenAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond} {Text}");

    /// <summary>Parses the stored form; false for anything else.</summary>
    public static bool TryDecode(string encoded, [NotNullWhen(true)] out StoredReport? report)
    {
        report = null;
        var end = encoded.IndexOf(' ', StringComparison.Ordinal);
        if (end < 0 || !long.TryParse(encoded.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds))
            return false;
        report = new StoredReport(AtMicroseconds(microseconds), encoded[(end + 1)..]);
        return true;
    }

    /// <summary>A time from microseconds since 1970.</summary>
    public static DateTimeOffset AtMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(microseconds);
}
