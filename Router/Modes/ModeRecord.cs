using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Router.Modes;

/// <summary>
/// The record of the site's mode, the same everywhere: the step that was in force when it was written, and the scheduled steps. Every
/// change creates a new record with a higher version. Immutable.
/// </summary>
public sealed record ModeRecord
{
    /// <summary>Grows with every change.</summary>
    public required RecordVersion Version { get; init; }

    /// <summary>When its steps were decided; amending them leaves it unchanged.</summary>
    public DateTimeOffset Written { get; init; }

    /// <summary>The step in force when this was written, followed by the scheduled ones, ordered by time. Never empty.</summary>
    public required ImmutableArray<ModeStep> Steps { get; init; }

    /// <summary>What the operator aims at: the last step that is not the follow-up of another.</summary>
    [JsonIgnore]
    public ModeStep Goal => Steps.LastOrDefault(step => !step.IsFollowUp) ?? Steps[^1];

    /// <summary>
    /// The position of a step that some instance has seen in force: a starting instance begins at least there. Without it, a clock that was
    /// set back would return a closed site to the step before, which is open.
    /// </summary>
    public int Reached { get; init; }

    /// <summary>The exemptions from the closed site.</summary>
    public ImmutableArray<Bypass> Bypasses
    {
        // A member missing from the text is default, not empty.
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Up to when an operator has accepted the writes of unknown outcome as settled; null if no operator has.</summary>
    public DateTimeOffset? WritesAcceptedUntil { get; init; }

    /// <summary>The record of an instance that knows nothing yet: closed, and every record is newer.</summary>
    public static ModeRecord Unknown(DateTimeOffset now) =>
        new()
        {
            Version = RecordVersion.Unknown,
            Steps =
            [
                new ModeStep
                {
                    Mode = ModeCatalogue.Closed,
                    At = now,
                    Made = RecordVersion.Unknown,
                },
            ],
        };

    /// <summary>The first record of a store, in a mode that takes effect at once.</summary>
    public static ModeRecord Start(Mode mode, RecordVersion version, DateTimeOffset now, string? reason = null) =>
        new()
        {
            Version = version,
            Written = now,
            Steps =
            [
                new ModeStep
                {
                    Mode = mode,
                    At = now,
                    Made = version,
                    Reason = reason,
                    FrontendsOpenUntil = ModeChanges.ServesPages(mode) ? null : now,
                    Window = mode.RestrictsAnything ? ModeChanges.WindowOf(now, version) : null,
                    WindowBegins = mode.RestrictsAnything ? now : null,
                },
            ],
        };

    /// <summary>
    /// The position of the step in force at a given time, and at least the one reached. The first step is in force until the time of the
    /// next one, whatever its own time.
    /// </summary>
    public int IndexAt(DateTimeOffset now)
    {
        var index = Math.Clamp(Reached, 0, Steps.Length - 1);
        while (index + 1 < Steps.Length && Steps[index + 1].At <= now)
            index++;
        return index;
    }

    /// <summary>
    /// Decides between the record that an instance knows and the one that it finds in the store. A newer one in the store is a change. One
    /// that is not newer but differs means that the store lost its data or was restored from old data: then the record that opens
    /// nothing the other closes wins, and the closed mode if each opens something. The result is either of them, or a new one with a higher
    /// version.
    /// </summary>
    /// <param name="known">What this instance knows.</param>
    /// <param name="knownIndex">Its step in force.</param>
    /// <param name="found">What the store holds.</param>
    public static ModeRecord Reconcile(ModeRecord known, int knownIndex, ModeRecord found, DateTimeOffset now)
    {
        if (found.Version > known.Version || found.IsEquivalentTo(known))
            return found;
        var (own, theirs) = (known.Steps[knownIndex], found.Steps[found.IndexAt(now)]);
        if (!own.Mode.Opens(theirs.Mode))
            return found.Version < known.Version ? known : known with { Version = known.Version.Next, Written = now, Reached = knownIndex };
        var closed = theirs.Mode.Opens(own.Mode)
            ? new ModeStep
            {
                Mode = ModeCatalogue.Closed,
                At = now,
                Window = own.Window ?? theirs.Window,
                WindowBegins = own.WindowBegins ?? theirs.WindowBegins,
                Reason = theirs.Reason,
            }
            : theirs;
        return new ModeRecord
        {
            Version = known.Version.Next,
            Written = now,
            Steps = [closed with { Made = known.Version.Next }],
        };
    }

    /// <summary>Whether two records differ at most in how far they have been reached.</summary>
    public bool IsEquivalentTo(ModeRecord other) =>
        Version == other.Version
        && Steps.SequenceEqual(other.Steps)
        && Bypasses.SequenceEqual(other.Bypasses)
        && WritesAcceptedUntil == other.WritesAcceptedUntil;
}
