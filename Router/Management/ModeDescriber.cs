using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;
using Router.Switching;

namespace Router.Management;

/// <summary>Describes the mode as this instance sees it.</summary>
public sealed class ModeDescriber(
    IModeStore store,
    StoreHealth health,
    InstanceReporter instance,
    RouterSettings settings,
    FleetClock clock
)
{
    /// <summary>The mode, with what the whole fleet has counted in the stage of a reopening.</summary>
    public ModeDocument Describe(ModeState state, IEnumerable<InstanceReport> reports)
    {
        var mode = Describe(state);
        return mode.Reopening is { } stage
            ? mode with
            {
                Reopening = stage.With(StageReport.Of(state.Step.Made, reports), state, mode.Now),
            }
            : mode;
    }

    public ModeDocument Describe(ModeState state)
    {
        var (step, now) = (state.Step, clock.GetUtcNow());
        var overrun = state.OverrunAt(now);
        return new ModeDocument
        {
            Mode = state.Mode.Name,
            Summary = state.Mode.Summary,
            Version = state.Record.Version,
            Since = step.At,
            Window = step.Window,
            WindowSince = step.WindowBegins,
            Until = step.Until,
            OverrunSeconds = overrun > TimeSpan.Zero ? Math.Round(overrun.TotalSeconds) : null,
            By = step.By,
            Reason = step.Reason,
            Ticket = step.Ticket,
            Reopening = ReopeningDocument.Of(step),
            FellBack = step.FellBack,
            CutAfterSeconds = (step.CutAfter ?? settings.ModeStore.DrainLimit).TotalSeconds,
            Bypasses = [.. state.Record.Bypasses.Where(bypass => bypass.HoldsIn(step.Window, now)).Select(BypassDocument.Of)],
            Next = [.. state.Record.Steps[(state.Index + 1)..].Select(StepDocument.Of)],
            Store = store.Name,
            IsLasting = store.IsLasting,
            ConfiguredMode = settings.Mode,
            Problem = health.Problem,
            SwitchProblem = health.Isolation,
            Instance = instance.Name,
            Now = now,
        };
    }
}
