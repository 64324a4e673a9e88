using System.Globalization;
using System.Text;

namespace Router.Configuration;

/// <summary>
/// Text that shows everything it contains. Control characters move the cursor, bidirectional overrides make a terminal show a different
/// order than was written, and other characters are not shown at all: here each is an escape such as <c>\u202e</c>, which JSON reads as the
/// character.
/// </summary>
public static class VisibleText
{
    /// <summary>The text with an escape for each hidden character. Line breaks are kept.</summary>
    public static string Of(string text)
    {
        if (IsPlain(text))
            return text;
        var visible = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; )
        {
            // Half of a surrogate pair is no rune, and never shown.
            var (isShown, length) = Rune.TryGetRuneAt(text, i, out var rune)
                ? (rune.Value == '\n' || IsShown(rune), rune.Utf16SequenceLength)
                : (false, 1);
            foreach (var unit in text.AsSpan(i, length))
            {
                if (isShown)
                    visible.Append(unit);
                else
                    visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            }

            i += length;
        }

        return visible.ToString();
    }

    /// <summary>
    /// The first hidden character of a text, as <c>U+202E</c>, apart from those that scripts and emoji need within words; null if there is
    /// none.
    /// </summary>
    public static string? FirstHidden(string text)
    {
        for (var i = 0; i < text.Length; )
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
                return $"U+{(int)text[i]:X4}";
            if (!IsShown(rune) && !IsJoiner(rune.Value))
                return $"U+{rune.Value:X4}";
            i += rune.Utf16SequenceLength;
        }

        return null;
    }

    private static bool IsPlain(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (character is (< ' ' or > '~') and not '\n')
                return false;
        }

        return true;
    }

    private static bool IsShown(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control
            or UnicodeCategory.Format
            or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator => false,
            _ => !IsIgnorable(rune.Value),
        };

    // Of the other categories, those that Unicode calls Default_Ignorable_Code_Point, and the Braille pattern without dots.
    private static bool IsIgnorable(int value) =>
        value
            is 0x034F
                or 0x115F
                or 0x1160
                or 0x17B4
                or 0x17B5
                or (>= 0x180B and <= 0x180F)
                or 0x2800
                or 0x3164
                or (>= 0xFE00 and <= 0xFE0F)
                or 0xFFA0
                or (>= 0xE0100 and <= 0xE01EF);

    // Joiners, directional marks (which reorder nothing in text of a single direction), and emoji variants.
    private static bool IsJoiner(int value) => value is 0x061C or (>= 0x200C and <= 0x200F) or (>= 0xFE00 and <= 0xFE0F);
}
