using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>
/// How many requests one client may send, under <c>Router:RateLimits</c>. Two with equal settings are the same limit, and what a client has
/// used of it survives a reload.
/// </summary>
public sealed record RateLimitSettings
{
    /// <summary>The name under <c>Router:RateLimits</c>; routes and metrics refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>The sustained number of requests per second that a client may send.</summary>
    public required double Rate { get; init; }

    /// <summary>How many requests may arrive at once in addition to the one that the rate allows. Default 0.</summary>
    public required int Burst { get; init; }

    /// <summary>The methods that count, in any case; empty for all.</summary>
    public required ImmutableArray<string> Methods { get; init; }

    /// <summary>When a rejected client may retry. Default 300 s.</summary>
    public required TimeSpan RetryAfter { get; init; }

    /// <summary>Whether a request with this method counts.</summary>
    public bool Covers(string method) => Methods is [] || Methods.Contains(method, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether both are equal, including the individual methods.</summary>
    public bool Equals(RateLimitSettings? other) =>
        other is not null
        && (Name, Rate, Burst, RetryAfter) == (other.Name, other.Rate, other.Burst, other.RetryAfter)
        && Methods.SequenceEqual(other.Methods);

    public override int GetHashCode() => HashCode.Combine(Name, Rate, Burst, Methods.Length, RetryAfter);
}
