using System.Globalization;

namespace Router.Configuration;

/// <summary>Formats sizes as operators write them: <c>40MiB</c>.</summary>
public static class SizeText
{
    /// <summary>The units, from small to large.</summary>
    internal static readonly (string Suffix, long Bytes)[] Units = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30)];

    /// <summary>Formats a number of bytes exactly, in the largest unit that divides it.</summary>
    public static string Of(long bytes)
    {
        var (suffix, unit) = Array.FindLast(Units, unit => bytes > 0 && bytes % unit.Bytes == 0) is { Suffix: not null } found
            ? found
            : (" bytes", 1);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit}{suffix}");
    }
}
