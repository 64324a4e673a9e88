using System.Collections.Immutable;
using System.Globalization;
using Router.Configuration;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Switching;

/// <summary>
/// Whether a restore may start: a pure function of the record and of what the instances report. Safe means that nothing can write to any
/// backend through any instance, and that nothing that was written earlier is still on its way.
/// </summary>
/// <param name="State">The verdict.</param>
/// <param name="Text">The same in one line.</param>
/// <param name="Reasons">Why it is not safe.</param>
/// <param name="Notes">Notes that do not change the verdict.</param>
public sealed record Verdict(VerdictState State, string Text, ImmutableArray<VerdictReason> Reasons, ImmutableArray<string> Notes)
{
    /// <summary>Whether a restore may begin.</summary>
    public bool IsSafe => State == VerdictState.Safe;

    /// <summary>Whether every live instance, and the expected number of them, has confirmed the record and its step.</summary>
    public bool IsAgreed { get; init; }

    /// <summary>How many instances are live.</summary>
    public int Live { get; init; }

    /// <summary>How many have vanished and may still run.</summary>
    public int Vanished { get; init; }

    /// <summary>How many writes of unknown outcome may still be applied; those in no list are not counted.</summary>
    public int Unsettled { get; init; }

    /// <summary>Who may write, where the site is closed to visitors only; otherwise null.</summary>
    public string? Writers { get; init; }

    /// <summary>Judges a fleet.</summary>
    /// <param name="expect">How many instances there are, exactly, where an operator said so.</param>
    public static Verdict Of(FleetState fleet, int? expect)
    {
        var judge = new Judge(fleet);
        judge.Store(expect);
        judge.LiveInstances();
        judge.VanishedInstances();
        judge.Expected(expect);
        judge.UnsettledWrites();
        judge.HeldRequests();
        judge.Opening();
        return judge.Result(expect);
    }

    private sealed class Judge
    {
        private const int MaxNamed = 5;

        // Clients choose the target: a long one would make the verdict unreadable.
        private const int MaxTarget = 60;

        private readonly FleetState _fleet;
        private readonly Mode _mode;
        private readonly ImmutableArray<InstanceReport> _reports;
        private readonly ILookup<InstanceState, InstanceReport> _byState;
        private readonly List<(VerdictReason Reason, InstanceReport? Instance)> _reasons = [];
        private readonly ImmutableArray<string>.Builder _notes = ImmutableArray.CreateBuilder<string>();
        private readonly List<InstanceReport> _open = [];
        private int _unsettled;

        public Judge(FleetState fleet)
        {
            (_fleet, _mode) = (fleet, fleet.Step.Mode);
            _reports = [.. fleet.Reports.OrderBy(report => report.Id, StringComparer.Ordinal)];
            _byState = _reports.ToLookup(report => report.StateAt(fleet.Now, fleet.HeartbeatExpiry));
        }

        private IEnumerable<InstanceReport> Live => _byState[InstanceState.Live];

        public void Store(int? expect)
        {
            if (_fleet.Problem is { } problem)
                Add(ReasonKind.StoreProblem, problem);
            if (_fleet.Isolation is not { } isolation)
                return;
            // This instance sees only itself. An operator who states that there is no other may rely on it.
            if (expect == 1)
                _notes.Add($"The instances can't see each other ({isolation}): this verdict covers this instance only");
            else
                Add(
                    ReasonKind.Isolated,
                    $"the instances can't see each other ({isolation}), so this instance knows only its own state: repair the store, or "
                        + $"ask each instance with --expect 1"
                );
        }

        public void LiveInstances()
        {
            foreach (var report in Live)
            {
                if (!report.Confirms(_fleet.Record, _fleet.Step))
                    Add(
                        ReasonKind.NotConfirmed,
                        $"{Label(report)} has not confirmed version {_fleet.Record.Version} ({_mode}): it has version {report.Version} "
                            + $"({report.Mode})",
                        report
                    );
                else if (report.BlockingCount > 0)
                    Add(ReasonKind.InFlight, InFlight(report), report);
                else if (!_mode.AllowsWrites && report.OpenWriteCount > 0)
                    Add(
                        ReasonKind.TestersWriting,
                        $"{Label(report)} still has {CountText.Of(report.OpenWriteCount, "write")} of testers in flight",
                        report
                    );
                if (report.Testers > 0)
                    _notes.Add($"{Label(report)} has {CountText.Of(report.Testers, "request")} of testers in flight");
                if (report.IsClockOff)
                    _notes.Add(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{Label(report)}'s wall clock is {Math.Abs(report.WallClockAheadSeconds):F1} s "
                                + $"{(report.WallClockAheadSeconds > 0 ? "ahead" : "behind")}. Its log lines carry that clock; switches "
                                + $"and last writes do not use it"
                        )
                    );
            }
        }

        // An instance that vanished may still run and be open, cut off from the store. No expected number can rule that out.
        public void VanishedInstances()
        {
            foreach (var report in _byState[InstanceState.Vanished])
            {
                if (report.IsQuiet(_fleet.Record, _fleet.Step))
                    _notes.Add($"{Label(report)} vanished, last seen {Time(report.At)}, when it was closed and had nothing in flight");
                else if (report.ClosedByLease < _fleet.Now)
                    _notes.Add(
                        $"{Label(report)} vanished, last seen {Time(report.At)}. Its lease has run out, so it has closed itself by "
                            + $"{Time(report.ClosedByLease.Value)} or has ended"
                    );
                else
                    _open.Add(report);
            }

            if (_open is [])
                return;
            var names = Join(_open.Select(report => Label(report) + Seen(report)));
            var lease =
                _open.Max(report => report.ClosedByLease) is { } closed && _open.All(report => report.ClosedByLease is not null)
                    ? $" It counts as closed from {Time(closed)} on, when the lease has run out."
                    : "";
            var advice =
                $"{Vanish(_open.Count)} and may still run and be open: {names}.{lease} Make sure that the process has ended, then: router "
                + $"fleet forget NAME";
            if (_mode.ClosesWhatWasOpen)
                Add(ReasonKind.Vanished, advice);
            else
                _notes.Add(advice);

            static string Vanish(int count) => count == 1 ? "1 instance vanished" : $"{count} instances vanished";
        }

        public void Expected(int? expect)
        {
            if (expect is not { } expected || Live.Count() is var live && live == expected)
                return;
            if (live > expected)
            {
                Add(
                    ReasonKind.Unexpected,
                    $"{CountText.Of(live, "instance")} {Are(live)} live and {expected} expected: {Join(Live.Select(Label))}. Find out "
                        + $"which one should not be there"
                );
                return;
            }

            var missing = _reports
                .Except(Live)
                .OrderByDescending(report => report.At)
                .Take(MaxNamed)
                .Select(report => $"{Label(report)} ({Last(report)})")
                .ToArray();
            Add(
                ReasonKind.Missing,
                $"{CountText.Of(live, "instance")} {Are(live)} live and {expected} expected. Live: {Join(Live.Select(Label))}. "
                    + (
                        missing is []
                            ? "No other instance has ever reported. Start it, or correct --expect"
                            : $"Not live: {string.Join(", ", missing)}. Start the missing ones, or correct --expect"
                    )
            );
        }

        public void UnsettledWrites()
        {
            foreach (var report in _byState[InstanceState.Ended])
                _notes.Add(Death(report, report.End!));
            if (_mode.AllowsWrites)
                return;
            var accepted = _fleet.Record.WritesAcceptedUntil ?? DateTimeOffset.MinValue;
            var (listed, until) = (new List<(InstanceReport Report, UncertainWrite Write)>(), DateTimeOffset.MinValue);
            foreach (var original in _reports)
            {
                var report = original;
                var state = report.StateAt(_fleet.Now, _fleet.HeartbeatExpiry);
                // What was in flight at its last heartbeat was cut by then at the latest.
                if (
                    state == InstanceState.Vanished
                    && !report.IsQuiet(_fleet.Record, _fleet.Step)
                    && report.ClosedByLease is { } closed
                    && closed < _fleet.Now
                )
                    report = report.Ended(closed);
                if (
                    report.UncertainSettledBy is not { } settled
                    || settled <= _fleet.Now
                    || LastUncertain(report, original, state) <= accepted
                )
                    continue;
                until = settled > until ? settled : until;
                listed.AddRange(
                    report
                        .UncertainWrites.Where(write => write.SettlesAt > _fleet.Now && write.Time > accepted)
                        .Select(write => (report, write))
                );
            }

            _unsettled = listed.Count;
            if (until == DateTimeOffset.MinValue)
                return;
            var seconds = Math.Ceiling((until - _fleet.Now).TotalSeconds);
            var seen = Checked(listed).UtcDateTime;
            var what = listed is [] ? "unlisted writes" : $"{CountText.Of(listed.Count, "write")} of unknown outcome";
            var names = listed is [] ? "" : $": {Join(listed.Select(it => Named(it.Report, it.Write)), max: 1)}";
            Add(
                ReasonKind.Unsettled,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{what} may still be applied until {Time(until)}, in {seconds:F0} s{names}. Wait, or after you have checked that "
                        + $"the applications have finished: router writes accept --until {seen:yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'}"
                )
            );
        }

        // They have reached no backend yet, so they will see the restored data.
        public void HeldRequests()
        {
            var (held, oldest, overdue) = (
                Live.Sum(report => report.Held),
                Live.Select(report => report.HeldOldestSeconds).DefaultIfEmpty().Max(),
                Live.Select(report => report.HoldOverdueSeconds).DefaultIfEmpty().Max()
            );
            if (held > 0 || _mode.HoldsAnything)
                _notes.Add(string.Create(CultureInfo.InvariantCulture, $"held: {held}, oldest {oldest:F0} s"));
            if (overdue > 0)
                _notes.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{_mode} has lasted {overdue:F0} s longer than a request may wait, so visitors get the page. Open the site, or "
                            + $"close it with: router mode set maintenance"
                    )
                );
        }

        // Until when every instance that may have sent a write has reported: a later one may be in no list yet, so that nobody can have
        // checked it. Of a damaged report nothing is known, and nothing is accepted.
        private DateTimeOffset Checked(IEnumerable<(InstanceReport Report, UncertainWrite Write)> listed)
        {
            var reported = ReportedBy(Live.Concat(_open));
            // A report is younger than that by a few seconds: what it lists has been seen.
            return _open is [] ? listed.Select(it => it.Write.Time).Append(reported).Max() : reported;
        }

        private DateTimeOffset ReportedBy(IEnumerable<InstanceReport> reports) =>
            reports.Select(report => report.EarliestMade).Append(_fleet.Now).Min();

        // A restore must not start shortly before the site opens.
        public void Opening()
        {
            if (
                _mode.Stage is null
                && _fleet.Record.Steps.SkipWhile(step => !step.IsSameAs(_fleet.Step)).Skip(1).FirstOrDefault(step => step.Mode.Opens(_mode))
                    is { } opening
            )
                Add(ReasonKind.Opening, $"{opening.Mode} takes effect at {Time(opening.At)}");
        }

        public Verdict Result(int? expect)
        {
            // A bypass that ended after an instance made its report may have let a write through since.
            var reported = ReportedBy(Live);
            var writers = Writers([.. _fleet.Record.Bypasses.Where(bypass => bypass.HoldsIn(_fleet.Step.Window, reported))]);
            var everywhere = Live.Count() is 1 ? "on the only instance" : $"on all {Live.Count()} instances";
            var (state, text) = (_reasons.Count, _mode) switch
            {
                (> 0, { RestrictsAnything: false }) => (VerdictState.NotSafe, $"NOT SAFE: the site is open; {Because()}"),
                (> 0, { Stage: { } stage }) => (VerdictState.NotSafe, $"NOT SAFE: the site is open to {Share(stage)}; {Because()}"),
                (> 0, _) => (VerdictState.NotSafe, $"NOT SAFE: {Because()}"),
                (_, { RestrictsAnything: false }) => (VerdictState.Open, $"OPEN {everywhere}"),
                (_, { Stage: { } stage }) => (VerdictState.Reopening, $"OPEN to {Share(stage)} {everywhere}"),
                _ when writers is not null => (VerdictState.ClosedToVisitors, $"CLOSED TO VISITORS {everywhere}. {writers}"),
                _ => (VerdictState.Safe, "SAFE"),
            };
            return new Verdict(state, text, [.. _reasons.Select(it => it.Reason)], _notes.ToImmutable())
            {
                IsAgreed =
                    _fleet.Problem is null
                    && Live.Count() == (expect ?? Live.Count())
                    && Live.All(report => report.Confirms(_fleet.Record, _fleet.Step)),
                Live = Live.Count(),
                Vanished = _byState[InstanceState.Vanished].Count(),
                Unsettled = _unsettled,
                Writers = state == VerdictState.ClosedToVisitors ? writers : null,
            };
        }

        private string? Writers(Bypass[] bypasses) =>
            _mode.AllowsWrites ? $"{WhatIsOpen()} are open and accept writes: do not restore yet"
            : bypasses is [var bypass, ..]
                ? $"Bypass {bypass.Id} lets testers write until {Time(bypass.Until)}: do not restore yet, or revoke it with: router bypass "
                    + $"revoke {bypass.Id}"
            : null;

        private void Add(ReasonKind kind, string text, InstanceReport? instance = null) =>
            _reasons.Add((new VerdictReason(kind, text), instance));

        // A reason that many instances share is given once, for the first; the others are only named.
        private string Because() =>
            string.Join(
                "; ",
                _reasons
                    .GroupBy(it => it.Reason.Kind)
                    .Select(kind => (kind.First().Reason.Text, Others: kind.Skip(1).Select(it => Label(it.Instance!)).ToArray()))
                    .Select(it => it.Others is [] ? it.Text : $"{it.Text}; likewise {Join(it.Others)}")
            );

        // For an ended instance, also what it may have started after its last report; the newest of every list is always reported.
        private static DateTimeOffset LastUncertain(InstanceReport report, InstanceReport original, InstanceState state) =>
            state switch
            {
                InstanceState.Ended => report.End!.At,
                InstanceState.Vanished when !ReferenceEquals(report, original) => original.ClosedByLease!.Value,
                _ => report.UncertainWrites is [.., var newest] ? newest.Time : DateTimeOffset.MaxValue,
            };

        private static string Death(InstanceReport report, InstanceEnd end)
        {
            var to = Time(end.At, precise: true);
            var when = report.IsDated ? $"between {Time(report.At, precise: true)} and {to}" : $"before {to}";
            var confirmed = end.IsProven ? "" : $" (confirmed by {end.By})";
            return $"{report.Name} died {when}{confirmed}; writes that it started in between are not listed";
        }

        private string InFlight(InstanceReport report)
        {
            // An operator who waits wants to know for how long.
            var cutIn = report.Since + (_fleet.Step.CutAfter ?? TimeSpan.FromSeconds(report.DrainLimitSeconds)) - _fleet.Now;
            var held = string.Create(
                CultureInfo.InvariantCulture,
                $"{Label(report)} has {CountText.Of(report.BlockingCount, "request")} in flight "
                    + $"({(cutIn > TimeSpan.Zero ? $"cut in {Math.Ceiling(cutIn.TotalSeconds):F0} s" : "being cut")})"
            );
            return report.Blocking is [var oldest, ..]
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{held}, the oldest for {oldest.AgeSeconds:F0} s: {Target(oldest.Method, oldest.Host, oldest.Path)}{oldest.Mark()}"
                )
                : held;
        }

        // Instances with the same name are distinguished by their start.
        private string Label(InstanceReport report) =>
            _reports.Count(other => other.Name == report.Name) > 1 ? $"{report.Name} (started {Time(report.Started)})" : report.Name;

        private string Last(InstanceReport report) =>
            report.StateAt(_fleet.Now, _fleet.HeartbeatExpiry) switch
            {
                InstanceState.Stopped => $"stopped {Time(report.At)}",
                InstanceState.Ended => $"ended{Seen(report)}",
                _ => $"vanished{Seen(report)}",
            };

        private static string Seen(InstanceReport report) => report.IsDated ? $", last seen {Time(report.At)}" : "";

        private string WhatIsOpen() =>
            string.Join(
                " and ",
                Enum.GetValues<BackendKind>()
                    .Where(_mode.AllowsWritesTo)
                    .Select(kind => kind == BackendKind.Api ? "the APIs" : "the frontends")
            )
                is var text
                ? char.ToUpperInvariant(text[0]) + text[1..]
                : "";

        private static string Share(ReopeningMode stage) =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{stage.Plan.Share} % of the clients (stage {stage.Plan.Stage + 1} of {stage.Plan.Shares.Length})"
            );

        private static string Join(IEnumerable<string> names, int max = MaxNamed)
        {
            var all = names.ToArray();
            return all is [] ? "none" : string.Join(", ", all.Take(max)) + (all.Length > max ? $" and {all.Length - max} more" : "");
        }

        private static string Target(string method, string host, string path)
        {
            var target = $"{method} {host}{path}";
            return target.Length <= MaxTarget ? target : $"{target[..MaxTarget]}…";
        }

        private static string Named(InstanceReport report, UncertainWrite write) =>
            $"{Target(write.Method, write.Host, write.Path)} ({report.Name}, {write.Reason})";

        private static string Are(int count) => count == 1 ? "is" : "are";

        private static string Time(DateTimeOffset time, bool precise = false) =>
            time.UtcDateTime.ToString(precise ? "HH:mm:ss.f'Z'" : "HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }
}
