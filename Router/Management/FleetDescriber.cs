using Router.Modes;
using Router.Switching;

namespace Router.Management;

/// <summary>Reads the fleet from the store and describes it with its verdict.</summary>
public sealed class FleetDescriber(StorePoller poller, Fleet fleet, ModeController modes, ModeDescriber describer, FleetClock clock)
{
    /// <summary>Reads and describes it.</summary>
    /// <param name="expect">How many instances there are, where an operator said so.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<FleetDocument> ReadAsync(int? expect, CancellationToken cancellation)
    {
        // A change that another instance has just made counts too.
        await poller.PollAsync(cancellation).ConfigureAwait(false);
        var (reports, problem) = await fleet.ReadAllAsync(cancellation).ConfigureAwait(false);
        var verdict = fleet.Judge(reports, expect, problem);
        var (state, now) = (modes.State, clock.GetUtcNow());
        return new FleetDocument
        {
            Mode = state.Mode.Name,
            Version = state.Record.Version,
            State = verdict.State,
            Safe = verdict.IsSafe,
            Verdict = verdict.Text,
            Reasons = [.. verdict.Reasons.Select(reason => reason.Text)],
            Notes = verdict.Notes,
            Agreed = verdict.IsAgreed,
            Current = describer.Describe(state, reports),
            LastWrites = BackendWrites.Latest(reports.SelectMany(report => report.LastWrites)),
            Instances =
            [
                .. reports.Select(report => new InstanceDocument(
                    report.StateAt(now, fleet.HeartbeatExpiry),
                    Math.Round(report.AgeAt(now).TotalSeconds, 1),
                    report
                )),
            ],
        };
    }
}
