namespace Router.Holding;

/// <summary>How many requests may be released by now: a rate that doubles each second. Not thread-safe.</summary>
/// <param name="start">How many in the first second.</param>
/// <param name="time">The clock.</param>
public sealed class ReleaseRate(int start, TimeProvider time)
{
    // Beyond this the rate limits nothing, and the number stays exact.
    private const double MaxSeconds = 30;

    private long _began;
    private double _taken;

    /// <summary>
    /// Takes everything that may be released by now. What the caller can't use, because the backends have no permits, is not saved up.
    /// </summary>
    /// <param name="isReleasing">Whether the release has begun; it begins with this call otherwise.</param>
    public int Take(bool isReleasing)
    {
        if (!isReleasing)
            // One request at once, so that the first does not wait for a tick.
            (_began, _taken) = (time.GetTimestamp(), -1);
        // A rate that doubles each second has the integral c (2^t - 1), and c is what is released in the first second.
        var seconds = Math.Min(time.GetElapsedTime(_began).TotalSeconds, MaxSeconds);
        var allowed = Math.Max(Math.Floor((start * (Math.Pow(2, seconds) - 1)) - _taken), 0);
        _taken += allowed;
        return (int)Math.Min(allowed, int.MaxValue);
    }
}
