namespace Router.Configuration;

/// <summary>Finds the name that a misspelt one was meant to be, for "did you mean".</summary>
public static class NearestName
{
    // Longer words are not misspelt names, and the table below grows with their length.
    private const int MaxLength = 100;

    /// <summary>The known name that is the fewest edits away, ignoring case; null if none is close.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        if (word.Length is 0 or > MaxLength)
            return null;
        var (nearest, fewest) = ((string?)null, int.MaxValue);
        foreach (var name in known)
        {
            var edits = Edits(word.ToLowerInvariant(), name.ToLowerInvariant());
            if (edits < fewest && edits <= MaxEdits(word, name))
                (nearest, fewest) = (name, edits);
        }

        return nearest;
    }

    // Two edits turn a word of two or three letters into any other.
    private static int MaxEdits(string word, string name) =>
        Math.Min(word.Length, name.Length) switch
        {
            < 3 => 0,
            < 5 => 1,
            < 9 => 2,
            _ => 3,
        };

    // Insertions, deletions, replacements, and transposed neighbours (optimal string alignment).
    private static int Edits(string from, string to)
    {
        var table = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    table[i, j] = i + j;
                    continue;
                }

                var replaced = table[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                table[i, j] = Math.Min(replaced, Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }

        return table[from.Length, to.Length];
    }
}
