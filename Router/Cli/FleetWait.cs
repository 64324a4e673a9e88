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

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>Waits for a change.</summary>
    /// <param name="isKnown">Whether the state of the instance that responds has the change.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>The instances that do not know it yet; empty if all do.</returns>
    /// <exception cref="CommandFailedException">No instance responds at the end of the wait.</exception>
    public async Task<string> MissingAsync(Func<FleetDocument, bool> isKnown, CancellationToken stop)
    {
        var started = TimeProvider.System.GetTimestamp();
        string? missing = null;
        while (true)
        {
            var isLast = stop.IsCancellationRequested || TimeProvider.System.GetElapsedTime(started) >= limit;
            try
            {
                var now = await fleet().ConfigureAwait(false);
                var named = isKnown(now) ? Behind(now) : "the instance that responds";
                if (named is "")
                    return "";
                if (named != missing)
                    waiting?.Invoke(named);
                missing = named;
                if (isLast)
                    return named;
            }
            catch (CommandFailedException failed) when (failed.Code == ExitCode.NoConnection && !isLast)
            {
                // The instance that was asked may be about to restart.
            }

            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
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
