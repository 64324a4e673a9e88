using Router.Management;
using Router.Switching;

namespace Router.Cli;

/// <summary>
/// Waits until a change of the record that does not switch the mode, such as a bypass, is known to every live instance: each learns of it
/// from the mode store, on its own.
/// </summary>
/// <param name="fleet">Reads the fleet's state.</param>
/// <param name="limit">How long to wait.</param>
/// <param name="waiting">Called when the instances that are waited for have changed.</param>
internal sealed class FleetWait(Func<Task<FleetDocument>> fleet, TimeSpan limit, Action<string>? waiting = null)
{
    /// <summary>How long it may take an instance to learn of a change, unless configured otherwise.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(15);

    /// <summary>Waits for a change.</summary>
    /// <param name="isKnown">Whether the state of the instance that responds has the change.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>The instances that do not know it yet; empty if all do.</returns>
    /// <exception cref="CommandFailedException">No instance responds at the end of the wait.</exception>
    public Task<string> MissingAsync(Func<FleetDocument, bool> isKnown, CancellationToken stop)
    {
        string? missing = null;
        return new FleetPoll(fleet).UntilAsync(
            (now, isLast) =>
            {
                var named = isKnown(now) ? Behind(now) : "the instance that responds";
                if (named is not "" && named != missing)
                    waiting?.Invoke(named);
                missing = named;
                return named is "" || isLast ? named : null;
            },
            () => limit,
            stop
        );
    }

    private static string Behind(FleetDocument fleet) =>
        fleet.Agreed
            ? ""
            : string.Join(
                ", ",
                fleet
                    .Instances.Where(instance => instance.State == InstanceState.Live && instance.Report.Version != fleet.Version)
                    .Select(instance => instance.Report.Name)
                    .DefaultIfEmpty("an instance that does not report")
            );
}
