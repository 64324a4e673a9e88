using Router.Http;

namespace Router.Upstreams;

/// <summary>How many requests were sent to a backend again, by what had gone wrong before.</summary>
public sealed class RetryCounts
{
    private readonly long[] _counts = new long[ForwardFailures.Names.Length];

    public void Count(ForwardFailure failure) => Interlocked.Increment(ref _counts[(int)failure]);

    /// <summary>The count for one failure.</summary>
    public long Of(ForwardFailure failure) => Volatile.Read(ref _counts[(int)failure]);
}
