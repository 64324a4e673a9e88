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
}
