using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>
/// How often one client may ask, under <c>Router:RateLimits</c>. Two with equal settings are the same limit, and what a client
/// has used of it is kept over a reload.
/// </summary>
public sealed record RateLimitSettings
{
    /// <summary>The name under <c>Router:RateLimits</c>; routes and metrics carry it.</summary>
    public required string Name { get; init; }

    /// <summary>Requests per second that a client may go on with for ever.</summary>
    public required double Rate { get; init; }

    /// <summary>How many requests may come at once besides the one that the rate gives. Default 0.</summary>
    public required int Burst { get; init; }

    /// <summary>The methods that count, in any case; empty for all.</summary>
    public required ImmutableArray<string> Methods { get; init; }

    /// <summary>When a client that was refused may come back. Default 300 s.</summary>
    public required TimeSpan RetryAfter { get; init; }

    /// <summary>Whether a request with this method counts.</summary>
    public bool Covers(string method) => Methods is [] || Methods.Contains(method, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether both say the same, down to the single methods.</summary>
    public bool Equals(RateLimitSettings? other) =>
        other is not null
        && (Name, Rate, Burst, RetryAfter) == (other.Name, other.Rate, other.Burst, other.RetryAfter)
        && Methods.SequenceEqual(other.Methods);

    public override int GetHashCode() => HashCode.Combine(Name, Rate, Burst, Methods.Length, RetryAfter);
}
