namespace Router.Tests.Harness;

/// <summary>Nothing is waited for without an end, and nothing is waited for longer than it takes.</summary>
internal static class Deadlines
{
    /// <summary>Generous, for a machine that is busy with other things: a test that meets it has failed.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static Task InTime(this Task task) => task.WaitAsync(Limit);

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task InTime(this ValueTask task) => task.AsTask().WaitAsync(Limit);

    public static Task<T> InTime<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    /// <summary>
    /// Waits for what must not take long, in turns of this process instead of by the clock: a machine that is busy with other things slows
    /// down the turns too.
    /// </summary>
    public static async Task PromptlyAsync(this Task task, TimeSpan limit)
    {
        (await task.EndsWithinAsync(limit)).Should().BeTrue($"it takes less than {limit.TotalSeconds:F0} s");
        await task;
    }

    /// <summary>Whether it ends within so much time, which is counted in the same turns. It does not throw what the task throws.</summary>
    public static async Task<bool> EndsWithinAsync(this Task task, TimeSpan limit)
    {
        var turn = TimeSpan.FromMilliseconds(50);
        for (var left = limit; left > TimeSpan.Zero && !task.IsCompleted; left -= turn)
            await Task.WhenAny(task, Task.Delay(turn));
        return task.IsCompleted;
    }
}
