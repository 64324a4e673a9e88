using System.Net;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// How many wrong tokens one address may send: 20 at once, then one every three seconds. A correct token is never subject to this limit, so
/// that wrong tokens cannot lock out the holder of a correct one.
/// </summary>
/// <param name="name">What the tokens are for; the metric's label.</param>
/// <param name="time">The clock.</param>
public sealed class WrongTokens(string name, TimeProvider time) : IDisposable
{
    /// <summary>How many wrong tokens one address may send at once.</summary>
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

    /// <summary>Counts a wrong token; false if it exceeds the limit: it then gets no detailed response and is not logged.</summary>
    public bool Allow(IPAddress client) => Limit.Allows("POST", client);

    public void Dispose() => Limit.Dispose();
}
