namespace Router.Modes;

/// <summary>Wakes the one who waits for a change. A change that nobody waits for is kept for the next wait.</summary>
public sealed class ChangeSignal(TimeProvider time)
{
    private TaskCompletionSource _told = New();

    /// <summary>Something may have changed.</summary>
    public void Set() => Volatile.Read(ref _told).TrySetResult();

    /// <summary>Returns when it was set since the last wait, or after a time. For one waiter at a time.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        try
        {
            await _told.Task.WaitAsync(atMost, time, cancellation).ConfigureAwait(false);
            // Whoever sets it before this line is heard too: what changed is read after the wait.
            Volatile.Write(ref _told, New());
        }
        catch (TimeoutException)
        {
            // Nothing was told.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
