using System.Net;
using Router.Configuration;

namespace Router.Modes;

/// <summary>The record, and which of its steps is in force on this instance. Immutable, replaced in one step.</summary>
/// <param name="Record">The record of the site's mode.</param>
/// <param name="Index">The position of the step in force.</param>
/// <param name="Since">When that step took effect here.</param>
/// <param name="ActivatedAt">The same as a timestamp of the monotonic clock: a request that started after it was checked against this
/// mode.</param>
/// <param name="IsLapsed">Whether this instance has closed itself: it has been without the store for longer than its lease, or has not
/// reported to it yet.</param>
public sealed record ModeState(ModeRecord Record, int Index, DateTimeOffset Since, long ActivatedAt, bool IsLapsed = false)
{
    private static readonly TimeSpan LongWindow = TimeSpan.FromHours(24);

    private ModeState? _inside;
    private ModeState? _outside;

    /// <summary>The step in force.</summary>
    public ModeStep Step { get; private init; } = IsLapsed ? Closed(Record.Steps[Index]) : Record.Steps[Index];

    /// <summary>
    /// The record's step in force, whether or not it applies on this instance: a lapsed instance has closed itself, but the fleet has not.
    /// The fleet's verdict is based on this one.
    /// </summary>
    public ModeStep RecordStep => Record.Steps[Index];

    /// <summary>The next scheduled step; null if there is none.</summary>
    public ModeStep? Next { get; } = Index + 1 < Record.Steps.Length ? Record.Steps[Index + 1] : null;

    /// <summary>When the step's window of downtime started, which a restart does not change; in live, when live started here.</summary>
    public DateTimeOffset WindowSince => Step.WindowBegins ?? Since;

    /// <summary>How long the window of downtime has lasted; zero in live.</summary>
    public TimeSpan WindowAgeAt(DateTimeOffset now) => Mode.RestrictsAnything && now > WindowSince ? now - WindowSince : TimeSpan.Zero;

    /// <summary>A warning about the window's length; null if there is none.</summary>
    public string? WarningAt(DateTimeOffset now) =>
        WindowAgeAt(now) > LongWindow ? "The site has been closed for more than 24 hours: search engines begin to drop its pages" : null;

    /// <summary>
    /// The bypasses that are valid at a given time; none on an instance that is cut off from the mode store, which does not know.
    /// </summary>
    public IEnumerable<Bypass> BypassesAt(DateTimeOffset now) =>
        IsLapsed ? [] : Record.Bypasses.Where(bypass => bypass.HoldsIn(Step.Window, now));

    /// <summary>The mode in force.</summary>
    public Mode Mode => Step.Mode;

    /// <summary>How long ago the announced end passed while the site is still not open; zero if it has not passed.</summary>
    public TimeSpan OverrunAt(DateTimeOffset now) =>
        Mode.RestrictsAnything && Step.Until is { } until && now > until ? now - until : TimeSpan.Zero;

    /// <summary>
    /// What applies to the requests of a client to backends of a kind: while the site is reopened in stages, the mode that it is opened to
    /// or the one that it was closed with. Otherwise this state.
    /// </summary>
    public ModeState For(IPAddress client, BackendKind kind) =>
        Step.Mode.Stage is not { } stage ? this
        : stage.IsOpenTo(client, kind) ? Once(ref _inside, stage.Plan.To)
        : Outside;

    /// <summary>What applies to the clients to whom a reopening in stages has not opened the site yet. Without one, this state.</summary>
    public ModeState Outside => Step.Mode.Stage is { } stage ? Once(ref _outside, stage.Plan.Closed) : this;

    /// <summary>
    /// A hypothetical state, for a question about a mode that may not be in force: no window, no bypass, no recent closing.
    /// </summary>
    public static ModeState Hypothetical(Mode mode) =>
        new(new ModeRecord { Version = RecordVersion.NotStored, Steps = [new ModeStep { Mode = mode }] }, 0, default, 0);

    // One object for as long as this state is in force: the prepared pages belong to it.
    private ModeState Once(ref ModeState? state, Mode mode) =>
        Volatile.Read(ref state) is { } known
            ? known
            : Interlocked.CompareExchange(
                ref state,
                new ModeState(Record, Index, Since, ActivatedAt) { Step = Step with { Mode = mode } },
                null
            ) ?? state;

    // A separate step that is in no record: it is never mistaken for the one that the operator has set. The announced end is kept for the
    // page.
    private static ModeStep Closed(ModeStep step) =>
        step with
        {
            Mode = ModeCatalogue.Closed,
            Made = RecordVersion.Unknown,
            CutAfter = null,
        };
}
