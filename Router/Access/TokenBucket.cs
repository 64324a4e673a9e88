using System.Threading.RateLimiting;

namespace Router.Access;

/// <summary>
/// A bucket that starts full, gives one token to each request and is refilled at a steady rate. It holds a single number: when it will be
/// full again. Taking a token moves that time one interval into the future, and a token is available as long as it remains within the time
/// that the whole bucket takes to refill: the generic cell rate algorithm.
/// <para>
/// Why not the framework's <see cref="TokenBucketRateLimiter"/>: in .NET 10 it credits the time that it was full to the first replenishment
/// after a request. Measured behind <see cref="PartitionedRateLimiter{TResource}"/>: a bucket of 21 with a refill of 3 per second, left
/// idle for ten seconds, gave 21 tokens and a quarter of a second later 16 more. It also uses the machine's clock only.
/// </para>
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">How many tokens it holds.</param>
/// <param name="rate">How many tokens are refilled per second.</param>
internal sealed class TokenBucket(TimeProvider time, int capacity, double rate) : RateLimiter
{
    private readonly long _interval = Math.Max(1, (long)(time.TimestampFrequency / rate));
    private long _fullAt = time.GetTimestamp();

    /// <summary>How long it has been full; null if it is not. A full bucket may be dropped: a new one is equivalent.</summary>
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

    /// <summary>No request waits for a token: if none is available now, it is rejected.</summary>
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
