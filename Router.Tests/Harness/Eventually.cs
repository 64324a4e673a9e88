namespace Router.Tests.Harness;

/// <summary>What becomes true in a moment, on a thread of its own.</summary>
internal static class Eventually
{
    public static async Task Async(Func<bool> holds)
    {
        var deadline = DateTime.UtcNow + Deadlines.Limit;
        while (!holds())
        {
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException("It did not become true in time");
            await Task.Delay(5);
        }
    }

    /// <param name="holds">What must become true.</param>
    /// <param name="last">What a failure says of the last attempt.</param>
    public static async Task TrueAsync(Func<Task<bool>> holds, Func<string>? last = null)
    {
        var deadline = DateTime.UtcNow + Deadlines.Limit;
        while (!await holds())
        {
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException($"It did not become true in time. {last?.Invoke()}");
            // Most of them send a request to ask.
            await Task.Delay(50);
        }
    }
}
