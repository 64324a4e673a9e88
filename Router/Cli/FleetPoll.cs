using Router.Management;

namespace Router.Cli;

/// <summary>
/// Reads the fleet's state again and again until it is what a command waits for, its time is over or the command is interrupted.
/// </summary>
/// <param name="fleet">Reads the fleet's state.</param>
internal sealed class FleetPoll(Func<Task<FleetDocument>> fleet)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>Waits, and returns what ended the wait.</summary>
    /// <param name="judge">
    /// What the wait ends with, or null to continue. Its second argument is whether this state is the last, which must end it.
    /// </param>
    /// <param name="limit">How long to wait, which may depend on what was read; null for no limit.</param>
    /// <param name="stop">Ends the wait with one more reading.</param>
    /// <param name="unreachable">Called when the instance that was asked does not respond.</param>
    /// <exception cref="CommandFailedException">The state cannot be read, at the end of the wait or for another reason.</exception>
    public async Task<T> UntilAsync<T>(
        Func<FleetDocument, bool, T?> judge,
        Func<TimeSpan?> limit,
        CancellationToken stop,
        Action<CommandFailedException>? unreachable = null
    )
        where T : class
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var isLast = stop.IsCancellationRequested || TimeProvider.System.GetElapsedTime(started) >= limit();
            try
            {
                if (judge(await fleet().ConfigureAwait(false), isLast) is { } end)
                    return end;
            }
            catch (CommandFailedException failed) when (failed.Code == ExitCode.NoConnection && !isLast)
            {
                // The instance that was asked may be about to restart. What was begun continues without it.
                unreachable?.Invoke(failed);
            }

            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
