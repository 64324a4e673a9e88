using System.Collections.Concurrent;
using System.Collections.Immutable;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// The rate limits by their settings: a limit whose settings stay the same over a reload continues counting where it was.
/// </summary>
public sealed class RateLimits(TimeProvider time)
{
    private readonly ConcurrentDictionary<RateLimitSettings, RateLimit> _all = new();

    /// <summary>The limit, created on first use.</summary>
    public RateLimit For(RateLimitSettings settings) => _all.GetOrAdd(settings, static (key, time) => new RateLimit(key, time), time);

    /// <summary>Drops the limits that the configuration in force no longer has.</summary>
    public void RemoveAllExcept(ImmutableArray<RateLimitSettings> settings)
    {
        foreach (var gone in _all.Keys.Except(settings))
        {
            if (_all.TryRemove(gone, out var limit))
                limit.Dispose();
        }
    }
}
