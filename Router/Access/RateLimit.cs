using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// What lives of a rate limit: a bucket for each client that has asked lately. A bucket holds the burst and the one request that the rate
/// gives, so that 1 + burst pass at once, and then as many as the rate says.
/// <para>
/// Memory: clients share 65,536 buckets by a hash of their address, however many addresses come. A bucket costs 150 bytes
/// (measured, with the dictionary's entry), so a limit never takes more than 10 MiB, and the framework's look at each of them ten times
/// a second never more than 4 % of a core. A bucket that has been full for ten seconds is dropped.
/// Sharing: one client out of 1,000 that ask at the same time shares its bucket with any of the others with a probability of
/// 999 / 65,536 = 1.5 %. The hash is seeded for each process, so that nobody can look up addresses that share somebody else's bucket.
/// </para>
/// </summary>
public sealed class RateLimit : IDisposable
{
    private const int Buckets = 1 << 16;

    private readonly PartitionedRateLimiter<IPAddress> _limiter;

    /// <summary>Begins with every bucket full.</summary>
    public RateLimit(RateLimitSettings settings, TimeProvider time)
    {
        Settings = settings;
        RetryAfter = ((long)Math.Ceiling(settings.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        Func<int, RateLimiter> create = _ => new TokenBucket(time, settings.Burst + 1, settings.Rate);
        _limiter = PartitionedRateLimiter.Create<IPAddress, int>(client => RateLimitPartition.Get(BucketOf(client), create));
    }

    /// <summary>The limit as configured.</summary>
    public RateLimitSettings Settings { get; }

    /// <summary>The seconds after which a refused client may come back (RFC 9110 section 10.2.3).</summary>
    public string RetryAfter { get; }

    /// <summary>Counts a request; false where it is one too many.</summary>
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
            // A reload has just replaced the limit; the request began before.
            return true;
        }
    }

    public void Dispose() => _limiter.Dispose();

    // A household or a server has a /64 at the least (RFC 6177), and can take a new address out of it for every request.
    private static int BucketOf(IPAddress client)
    {
        Span<byte> bytes = stackalloc byte[16];
        client.TryWriteBytes(bytes, out _);
        var hash =
            client.AddressFamily == AddressFamily.InterNetworkV6 && !client.IsIPv4MappedToIPv6
                ? HashCode.Combine(6, BinaryPrimitives.ReadUInt64BigEndian(bytes))
                : HashCode.Combine(4, BinaryPrimitives.ReadUInt32BigEndian(client.IsIPv4MappedToIPv6 ? bytes[12..] : bytes));
        return hash & (Buckets - 1);
    }
}
