using System.Net;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// How many wrong tokens one address may send: 20 at once, then one each three seconds. A correct token is never asked for this, so that
/// nobody can keep its bearer out by sending wrong ones.
/// </summary>
/// <param name="name">What the tokens are for; the metric's label.</param>
/// <param name="time">The clock.</param>
public sealed class WrongTokens(string name, TimeProvider time) : IDisposable
{
    /// <summary>How many one address may send at once.</summary>
    public const int AtOnce = 20;

    public RateLimit Limit { get; } =
        new(
            new RateLimitSettings
            {
                Name = name,
                Rate = AtOnce / 60.0,
                Burst = AtOnce - 1,
                Methods = [],
                RetryAfter = TimeSpan.FromMinutes(1),
            },
            time
        );

    /// <summary>Counts a wrong token; false where it is one too many, which is then neither answered in detail nor logged.</summary>
    public bool Allow(IPAddress client) => Limit.Allows("POST", client);

    public void Dispose() => Limit.Dispose();
}
