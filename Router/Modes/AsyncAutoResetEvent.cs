namespace Router.Modes;

/// <summary>Wakes one waiter. A signal set without a waiter is kept for the next wait.</summary>
public sealed class AsyncAutoResetEvent(TimeProvider time)
{
    private TaskCompletionSource _signal = New();

    public void Set() => Volatile.Read(ref _signal).TrySetResult();

    /// <summary>Returns if the event was set since the last wait, or after a timeout. For one waiter at a time.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        try
        {
            await _signal.Task.WaitAsync(atMost, time, cancellation).ConfigureAwait(false);
            // A signal set before this line is not lost: what changed is read after the wait.
            Volatile.Write(ref _signal, New());
        }
        catch (TimeoutException)
        {
            // Timed out without a signal.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
