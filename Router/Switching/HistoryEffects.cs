using System.Collections.Immutable;

namespace Router.Switching;

/// <summary>Which entries of a history took effect.</summary>
public static class HistoryEffects
{
    /// <summary>Whether a mode that an entry sets came into force: the next change that comes before its time drops it.</summary>
    public static bool TookEffect(ImmutableArray<HistoryEntry> entries, int index) =>
        !entries.Skip(index + 1).Any(later => later.Kind.DropsSchedule() && later.Time < entries[index].Effect);
}
