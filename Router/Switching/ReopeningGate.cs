using System.Globalization;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>
/// Watches a reopening in stages for the whole fleet, on the observer: begins the next stage while few enough requests fail, and closes the
/// site again as soon as too many do. Each is a change of the record like an operator's, made from the version that the decision is about:
/// without the store nobody advances, and if two observers try, one succeeds.
/// </summary>
public sealed partial class ReopeningGate(
    Fleet fleet,
    ModeController modes,
    ModeChanger changer,
    FleetClock clock,
    ILogger<ReopeningGate> logger
)
{
    /// <summary>Decides by what was reported last, and makes the change that is due.</summary>
    /// <exception cref="ModeStoreException">The store can't be read or written.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        var state = modes.State;
        if (state is not { IsLapsed: false, Step: { Mode.Stage.Plan: { } plan } step })
            return;
        var reports = fleet.Known;
        var counts = StageReport.Of(step.Made, reports);
        if (plan.IsAboveLimit(counts.Requests, counts.Failures))
            await FallBackAsync(state, plan, counts, cancellation).ConfigureAwait(false);
        else if (IsDue(state, plan, counts) && HasBegunEverywhere(state, reports))
            await AdvanceAsync(state, counts, cancellation).ConfigureAwait(false);
    }

    private bool IsDue(ModeState state, Reopening plan, StageReport counts) =>
        plan.WaitAt(clock.GetUtcNow(), state.Step.At, counts.Requests, isChangeScheduled: state.Next is not null) == StageWait.Nothing;

    private bool HasBegunEverywhere(ModeState state, IEnumerable<InstanceReport> reports)
    {
        var now = clock.GetUtcNow();
        return reports
            .Where(report => report.StateAt(now, fleet.HeartbeatExpiry) == InstanceState.Live)
            .All(report => report.Confirms(state.Record, state.Step));
    }

    private async Task AdvanceAsync(ModeState state, StageReport counts, CancellationToken cancellation)
    {
        var change = new ChangeRequest(
            HistoryKind.Stage,
            (known, now, delay, errors) => ReopeningChanges.Advance(known.Record, known.Index, null, now, delay, errors)
        )
        {
            IfVersion = state.Record.Version,
            Note = new ChangeNote(ReopeningChanges.Router, counts.Text),
        };
        await changer.ChangeAsync(change, cancellation).ConfigureAwait(false);
    }

    private async Task FallBackAsync(ModeState state, Reopening plan, StageReport counts, CancellationToken cancellation)
    {
        // It is already closing again.
        if (state.Next?.FellBack is not null)
            return;
        var why = string.Create(
            CultureInfo.InvariantCulture,
            $"stage {plan.Stage + 1} of {plan.Shares.Length}, {plan.Share} % of the clients: {counts.Text}, more than "
                + $"{plan.FallBackAbove} %{OfAtLeast(plan, counts)}"
        );
        var change = new ChangeRequest(
            HistoryKind.Fallback,
            (known, now, delay, errors) => ReopeningChanges.FallBack(known.Record, known.Index, why, now, delay, errors)
        )
        {
            IfVersion = state.Record.Version,
            Note = new ChangeNote(ReopeningChanges.Router, why),
        };
        if (await changer.ChangeAsync(change, cancellation).ConfigureAwait(false) is { Outcome: ChangeOutcome.Done })
            LogFellBack(plan.Closed, why);
    }

    // Fewer requests than the limit is taken from: then it is reached by the failures alone.
    private static string OfAtLeast(Reopening plan, StageReport counts) =>
        counts.Requests < plan.AtLeast ? string.Create(CultureInfo.InvariantCulture, $" of {plan.AtLeast}") : "";

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The reopening has fallen back to {Mode}: {Why}. Find the cause, then open the site again."
    )]
    private partial void LogFellBack(Mode mode, string why);
}
