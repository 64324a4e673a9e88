using System.Threading.RateLimiting;

namespace Router.Access;

/// <summary>
/// A bucket that is full at first, gives one token to each request and gets them back at a steady rate.
/// It holds a single number: when it will be full again. A token that is taken moves that one interval into the future, and there is one
/// to take as long as it stays within the whole bucket's time: the generic cell rate algorithm.
/// <para>
/// Why not the framework's <see cref="TokenBucketRateLimiter"/>: in .NET 10 it credits the time that it has stood full to the first
/// replenishment after a request. Measured behind <see cref="PartitionedRateLimiter{TResource}"/>: a bucket of 21 that gets 3 a second
/// back, left alone for ten seconds, gave 21 tokens and a quarter of a second later 16 more. It also counts by the machine's clock alone.
/// </para>
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">How many tokens it holds.</param>
/// <param name="rate">How many come back in a second.</param>
internal sealed class TokenBucket(TimeProvider time, int capacity, double rate) : RateLimiter
{
    private readonly long _interval = Math.Max(1, (long)(time.TimestampFrequency / rate));
    private long _fullAt = time.GetTimestamp();

    /// <summary>How long it has been full; null while it is not. A full one may be forgotten: a new one is the same.</summary>
    public override TimeSpan? IdleDuration
    {
        get
        {
            var (now, fullAt) = (time.GetTimestamp(), Volatile.Read(ref _fullAt));
            return now < fullAt ? null : time.GetElapsedTime(fullAt, now);
        }
    }

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        while (true)
        {
            var (now, fullAt) = (time.GetTimestamp(), Volatile.Read(ref _fullAt));
            var next = Math.Max(now, fullAt) + (permitCount * _interval);
            if (next - now > capacity * _interval)
                return Lease.Refused;
            if (Interlocked.CompareExchange(ref _fullAt, next, fullAt) == fullAt)
                return Lease.Given;
        }
    }

    /// <summary>Nobody waits for a token: who gets none now is told so.</summary>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AttemptAcquireCore(permitCount));

    private sealed class Lease(bool given) : RateLimitLease
    {
        public static readonly Lease Given = new(true);
        public static readonly Lease Refused = new(false);

        public override bool IsAcquired => given;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
