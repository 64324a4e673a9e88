using System.Globalization;

namespace Router.Modes.Stores;

/// <summary>An instance's report as the store keeps it.</summary>
/// <param name="SeenAt">When the store received it, by the store's clock; 1970 if that can't be read.</param>
/// <param name="Text">What the instance reported; all that is stored if it can't be read.</param>
public sealed record StoredReport(DateTimeOffset SeenAt, string Text)
{
    private static readonly long MaxMicroseconds = Microseconds(DateTimeOffset.MaxValue);

    /// <summary>Whether it is known when the store received it.</summary>
    public bool IsDated => SeenAt > DateTimeOffset.UnixEpoch;

    /// <summary>The stored form: microseconds since 1970, a space, the text.</summary>
    public string Encode() =>
        SeenAt == DateTimeOffset.UnixEpoch ? Text : string.Create(CultureInfo.InvariantCulture, $"{Microseconds(SeenAt)} {Text}");

    /// <summary>
    /// Parses the stored form. Anything else, such as what a failing disk left, is a report too: it shows that the instance exists.
    /// </summary>
    public static StoredReport Decode(string encoded)
    {
        var end = encoded.IndexOf(' ', StringComparison.Ordinal);
        return
            end > 0
            && encoded[0] != '0'
            && long.TryParse(encoded.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds <= MaxMicroseconds
            ? new StoredReport(AtMicroseconds(microseconds), encoded[(end + 1)..])
            : new StoredReport(DateTimeOffset.UnixEpoch, encoded);
    }

    /// <summary>A time from microseconds since 1970.</summary>
    public static DateTimeOffset AtMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(microseconds);

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
