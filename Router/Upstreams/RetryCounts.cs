using Router.Http;

namespace Router.Upstreams;

/// <summary>The number of retries to a backend, by the failure that caused them.</summary>
public sealed class RetryCounts
{
    private readonly long[] _counts = new long[ForwardFailures.Names.Length];

    public void Count(ForwardFailure failure) => Interlocked.Increment(ref _counts[(int)failure]);

    /// <summary>The number of retries caused by one failure.</summary>
    public long Of(ForwardFailure failure) => Volatile.Read(ref _counts[(int)failure]);
}
