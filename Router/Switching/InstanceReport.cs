using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Router.Admission;
using Router.Http;
using Router.Modes;
using Router.Modes.Stores;
using Router.Proxy.InFlight;

namespace Router.Switching;

/// <summary>What one instance reports with each heartbeat: what it has confirmed and what it still has in flight.</summary>
public sealed record InstanceReport
{
    /// <summary>How long the reports of instances that have ended are kept: long enough for a post-mortem of the night before.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(1);

    // A lease ends by the monotonic clock of one machine and is judged by the clock of another one.
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(2);

    public required string Name { get; init; }

    /// <summary>Name and a random part: two processes of one name, and a process and its successor, are two instances.</summary>
    public required string Id { get; init; }

    /// <summary>When the store took the report, by the store's clock. Set by the reader.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset At { get; init; }

    /// <summary>
    /// When the reader first read this report, by its monotonic clock. As far as the reader knows, the instance has not reached the store
    /// since. Null without a lease. Set by the reader.
    /// </summary>
    [JsonIgnore]
    public DateTimeOffset? UnchangedSince { get; init; }

    /// <summary>When the process was started.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Which process it is; null if the system does not show it.</summary>
    public ProcessIdentity? Process { get; init; }

    /// <summary>Whether it has stopped in an orderly way.</summary>
    public bool Stopped { get; init; }

    /// <summary>How it ended, if it did so without a last report; null otherwise.</summary>
    public InstanceEnd? End { get; init; }

    public required RecordVersion Version { get; init; }

    /// <summary>The version of the record in which the step in force was made.</summary>
    public required RecordVersion StepMade { get; init; }

    public required string Mode { get; init; }

    /// <summary>Since when the mode is in force there.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>How many requests and upgraded connections are still in flight to what the mode closes.</summary>
    public int BlockingCount { get; init; }

    /// <summary>How many of them are upgraded connections.</summary>
    public int BlockingUpgradedCount { get; init; }

    /// <summary>How many requests of testers are in flight.</summary>
    public int Testers { get; init; }

    /// <summary>The oldest of the requests in flight to what the mode closes.</summary>
    public ImmutableArray<InFlightRequest> Blocking
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>How many requests wait for the mode to open. They are not in flight.</summary>
    public int Held { get; init; }

    /// <summary>For how many seconds the oldest of them has waited.</summary>
    public double HeldOldestSeconds { get; init; }

    /// <summary>By how many seconds the mode has held requests for longer than one may wait; zero if it has not.</summary>
    public double HoldOverdueSeconds { get; init; }

    /// <summary>How many writes are with a backend.</summary>
    public int OpenWriteCount { get; init; }

    /// <summary>The oldest of them: what would be of unknown outcome if the instance died now.</summary>
    public ImmutableArray<InFlightRequest> OpenWrites
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>When each backend last got a write, and completed one.</summary>
    public ImmutableArray<BackendWrites> LastWrites
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>What it has forwarded to each backend that had a request.</summary>
    public ImmutableArray<BackendTraffic> Backends
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>The outcome of the requests of the stage, while the site is reopened in stages; null otherwise.</summary>
    public StageReport? Stage { get; init; }

    /// <summary>How many requests and upgraded connections were cut in this window.</summary>
    public long Cut { get; init; }

    /// <summary>What it has counted in the last window; null from an instance of an earlier release.</summary>
    public WindowCount? WindowCount { get; init; }

    /// <summary>How many writes have an unknown outcome since the window began; in live, of those that are kept.</summary>
    public int UncertainCount { get; init; }

    /// <summary>The newest of them.</summary>
    public ImmutableArray<UncertainWrite> UncertainWrites
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>When the last of all writes of unknown outcome has settled, listed or not; null where there was none.</summary>
    public DateTimeOffset? UncertainSettledBy { get; init; }

    /// <summary>
    /// How long, in seconds, an application may go on working on a write whose connection is gone: the most of all backends.
    /// </summary>
    public double WriteSettleSeconds { get; init; }

    /// <summary>How long, in seconds, a request in flight may last after a closing.</summary>
    public double DrainLimitSeconds { get; init; }

    /// <summary>After how many seconds without contact with the store it closes itself; null for never.</summary>
    public double? LeaseSeconds { get; init; }

    /// <summary>By how many seconds its host's wall clock is ahead of the fleet's clock, negative where it is behind.</summary>
    public double WallClockAheadSeconds { get; init; }

    /// <summary>Whether that is enough to mislead a reader of its log.</summary>
    [JsonIgnore]
    public bool IsClockOff => Math.Abs(WallClockAheadSeconds) > 1;

    /// <summary>What is wrong with the mode store, as it sees it; null if nothing is.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether the store's report could be read. One that could not shows only that the instance exists.</summary>
    [JsonIgnore]
    public bool IsReadable => Started != default;

    /// <summary>Whether it is known when the store took the report. It is not if what the store has is damaged.</summary>
    [JsonIgnore]
    public bool IsDated => At > DateTimeOffset.UnixEpoch;

    /// <summary>When the report was made at the earliest.</summary>
    [JsonIgnore]
    public DateTimeOffset EarliestMade => IsDated ? At - IModeStore.CallTimeout : At;

    /// <summary>How long ago the store took the report.</summary>
    public TimeSpan AgeAt(DateTimeOffset now) => now > At ? now - At : TimeSpan.Zero;

    /// <summary>The instance's lifecycle state.</summary>
    public InstanceState StateAt(DateTimeOffset now, TimeSpan heartbeatExpiry) =>
        Stopped ? InstanceState.Stopped
        : End is not null ? InstanceState.Ended
        : AgeAt(now) <= heartbeatExpiry ? InstanceState.Live
        : InstanceState.Vanished;

    /// <summary>Whether it has confirmed the record and its step in force. The verdict and the fleet endpoint both use this.</summary>
    public bool Confirms(ModeRecord record, ModeStep step) => Version == record.Version && StepMade == step.Made && Mode == step.Mode.Name;

    /// <summary>
    /// Whether nothing can write through it as long as the record holds: it has confirmed a step that lets no write through, not even a
    /// tester's, and has nothing in flight any more.
    /// </summary>
    public bool IsQuiet(ModeRecord record, ModeStep step) =>
        Confirms(record, step)
        && !step.Mode.AllowsWrites
        && BlockingCount == 0
        && OpenWriteCount == 0
        && !record.Bypasses.Any(bypass => bypass.HoldsIn(step.Window, EarliestMade));

    /// <summary>
    /// When an instance that lost the store has certainly closed itself and cut what it had in flight; null where it has no lease.
    /// The lease began before the store took its last heartbeat. The store's time alone is not enough: a restored store holds an
    /// earlier heartbeat, and the store's or the writer's clock may have been changed.
    /// </summary>
    public DateTimeOffset? ClosedByLease =>
        LeaseSeconds is { } lease
            ? (UnchangedSince > At ? UnchangedSince.Value : At) + TimeSpan.FromSeconds(lease + DrainLimitSeconds) + LeaseMargin
            : null;

    /// <summary>
    /// The same instance, ended. If it was closed and idle, it had no writes in flight. That is judged by the record's step, which the
    /// observing instance may not be in itself: its own mode may have lapsed.
    /// </summary>
    public InstanceReport EndedBy(InstanceEnd end, ModeState state) =>
        IsQuiet(state.Record, state.RecordStep) ? this with { End = end } : Ended(end);

    /// <summary>
    /// The same instance, ended: the writes that it had in flight are of unknown outcome from then on, and so are those that it may have
    /// started after its last heartbeat, which nobody can list.
    /// </summary>
    public InstanceReport Ended(InstanceEnd end) => Ended(end.At) with { End = end };

    /// <summary>The same instance, whose writes in flight are of unknown outcome from an instant on.</summary>
    public InstanceReport Ended(DateTimeOffset at)
    {
        var settled = at + TimeSpan.FromSeconds(WriteSettleSeconds);
        return this with
        {
            UncertainCount = UncertainCount + OpenWriteCount,
            UncertainWrites =
            [
                .. UncertainWrites,
                .. OpenWrites.Select(write => new UncertainWrite(
                    at,
                    write.Backend ?? "",
                    write.Method,
                    write.Host,
                    write.Path,
                    write.RequestId,
                    "instance_ended",
                    null,
                    RequestMethods.IsIdempotent(write.Method) && !write.IsUpgraded,
                    settled
                )),
            ],
            UncertainSettledBy = UncertainSettledBy > settled ? UncertainSettledBy : settled,
            OpenWriteCount = 0,
            OpenWrites = [],
            BlockingCount = 0,
            BlockingUpgradedCount = 0,
            Blocking = [],
        };
    }
}
