using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// The runtime state of a rate limit: a bucket for each recent client. A bucket holds the burst plus the one request that the rate allows,
/// so that 1 + burst pass at once, and then as many as the rate allows.
/// <para>
/// Memory: clients share 65,536 buckets by a hash of their address, however many addresses send requests. A bucket costs 150 bytes
/// (measured, including the dictionary entry), so a limit never takes more than 10 MiB, and the framework's check of each bucket ten times
/// a second never more than 4 % of a core. A bucket that has been full for ten seconds is dropped.
/// Sharing: one client out of 1,000 that send requests at the same time shares its bucket with any of the others with a probability of
/// 999 / 65,536 = 1.5 %. The hash is seeded for each process, so that an attacker cannot look up addresses that share another client's
/// bucket.
/// </para>
/// </summary>
public sealed class RateLimit : IDisposable
{
    private const int Buckets = 1 << 16;

    private readonly PartitionedRateLimiter<IPAddress> _limiter;

    /// <summary>Starts with every bucket full.</summary>
    public RateLimit(RateLimitSettings settings, TimeProvider time)
    {
        Settings = settings;
        RetryAfter = ((long)Math.Ceiling(settings.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        Func<int, RateLimiter> create = _ => new TokenBucket(time, settings.Burst + 1, settings.Rate);
        _limiter = PartitionedRateLimiter.Create<IPAddress, int>(client => RateLimitPartition.Get(BucketOf(client), create));
    }

    /// <summary>The limit as configured.</summary>
    public RateLimitSettings Settings { get; }

    /// <summary>The seconds after which a rejected client may retry (RFC 9110 section 10.2.3).</summary>
    public string RetryAfter { get; }

    /// <summary>Counts a request; false if it exceeds the limit.</summary>
    public bool Allows(string method, IPAddress client)
    {
        if (!Settings.Covers(method))
            return true;
        try
        {
            using var lease = _limiter.AttemptAcquire(client);
            return lease.IsAcquired;
        }
        catch (ObjectDisposedException)
        {
            // A reload has just replaced the limit; the request started before.
            return true;
        }
    }

    public void Dispose() => _limiter.Dispose();

    private static int BucketOf(IPAddress client) => HashCode.Combine(ClientNetwork.Of(client)) & (Buckets - 1);
}
