using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Router.Modes;

/// <summary>How the site is reopened in stages, and which stage is in force. Immutable.</summary>
public sealed record Reopening
{
    /// <summary>What clients see while the site is not open to them yet, and what the site falls back to.</summary>
    public required Mode Closed { get; init; }

    /// <summary>What the site is opened to: the mode of the last stage.</summary>
    public required Mode To { get; init; }

    /// <summary>The window of downtime, which decides together with a client's address who is let in first.</summary>
    public required string Window { get; init; }

    /// <summary>The share of the clients in each stage, in percent: rising, and 100 in the last one.</summary>
    public required ImmutableArray<double> Shares { get; init; }

    /// <summary>The position of the stage in force. Never the last: that one is the mode <see cref="To"/> itself.</summary>
    public int Stage { get; init; }

    /// <summary>How long a stage lasts at least.</summary>
    public required TimeSpan Every { get; init; }

    /// <summary>The share of failed requests, in percent, above which the site falls back to <see cref="Closed"/>.</summary>
    public double FallBackAbove { get; init; }

    /// <summary>The minimum number of requests over which the share of failed ones is computed.</summary>
    public required int AtLeast { get; init; }

    /// <summary>Whether the APIs are open from the first stage on, and not only in the last one.</summary>
    public bool ApisFirst { get; init; }

    /// <summary>Whether an operator has stopped it at this stage.</summary>
    public bool IsPaused { get; init; }

    /// <summary>The share of the clients in the stage in force, in percent.</summary>
    [JsonIgnore]
    public double Share => Shares[Stage];

    [JsonIgnore]
    public Mode Next => Stage + 2 < Shares.Length ? new ReopeningMode(this with { Stage = Stage + 1 }) : To;

    /// <summary>What the next stage waits for.</summary>
    /// <param name="since">When the stage in force began.</param>
    /// <param name="requests">How many requests the fleet has forwarded because of it.</param>
    /// <param name="isChangeScheduled">Whether the record has a step after it.</param>
    public StageWait WaitAt(DateTimeOffset now, DateTimeOffset since, long requests, bool isChangeScheduled) =>
        IsPaused ? StageWait.Operator
        : isChangeScheduled ? StageWait.Change
        : now < since + Every ? StageWait.Time
        : requests < AtLeast ? StageWait.Requests
        : StageWait.Nothing;

    /// <summary>Whether more requests have failed than the limit allows.</summary>
    /// <remarks>
    /// With fewer than <see cref="AtLeast"/> requests, there must be so many failures that they exceed the limit even if all the missing
    /// requests succeed.
    /// </remarks>
    public bool IsAboveLimit(long requests, long failures) => failures * 100.0 > FallBackAbove * Math.Max(requests, AtLeast);

    public bool Equals(Reopening? other) =>
        other is not null
        && (Closed, To, Window, Stage, Every) == (other.Closed, other.To, other.Window, other.Stage, other.Every)
        && (FallBackAbove, AtLeast, ApisFirst, IsPaused) == (other.FallBackAbove, other.AtLeast, other.ApisFirst, other.IsPaused)
        && Shares.SequenceEqual(other.Shares);

    public override int GetHashCode() => HashCode.Combine(To, Window, Stage, Share, IsPaused);
}
