namespace Router.Modes;

/// <summary>Wakes one waiter. A signal set without a waiter is kept for the next wait.</summary>
public sealed class AsyncAutoResetEvent(TimeProvider time)
{
    private TaskCompletionSource _signal = New();

    public void Set() => Volatile.Read(ref _signal).TrySetResult();

    /// <summary>Returns if the event was set since the last wait, or after a timeout. For one waiter at a time.</summary>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        var wait = _signal.Task.WaitAsync(timeout, time, cancellation);
        // Most waits time out: an idle instance would throw exceptions several times a second.
        await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A signal set before this line is not lost: what changed is read after the wait.
        if (wait.IsCompletedSuccessfully)
            Volatile.Write(ref _signal, New());
        else
            cancellation.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
