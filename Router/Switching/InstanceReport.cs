using System.Collections.Immutable;
using Router.Forwarding.InFlight;

namespace Router.Switching;

/// <summary>What one instance says of itself: what it has confirmed and what it still has in flight.</summary>
public sealed record InstanceReport
{
    /// <summary>The name, as configured.</summary>
    public required string Name { get; init; }

    /// <summary>Name and start: two processes of one name, and a process and its successor, are two instances.</summary>
    public required string Id { get; init; }

    /// <summary>When it said so, by its own clock: its heartbeat. Of what was read from the store, when the reader heard it (<see cref="Heartbeats"/>).</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether it has stopped in an orderly way.</summary>
    public bool Stopped { get; init; }

    /// <summary>The version of the record that it has.</summary>
    public required long Version { get; init; }

    /// <summary>The version of the record in which the step in force first stood.</summary>
    public required long StepMade { get; init; }

    /// <summary>The mode in force.</summary>
    public required string Mode { get; init; }

    /// <summary>Since when it is in force there.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>How many requests and upgraded connections are in the way: in flight to what the mode closes.</summary>
    public int Held { get; init; }

    /// <summary>How many of them are upgraded connections.</summary>
    public int HeldUpgraded { get; init; }

    /// <summary>How many requests of testers are in flight; they are not in the way.</summary>
    public int Testers { get; init; }

    /// <summary>The oldest of them.</summary>
    public ImmutableArray<OpenExchange> InTheWay { get; init; } = [];

    /// <summary>When each backend last got a request that may change something.</summary>
    public ImmutableArray<BackendWrites> LastWrites { get; init; } = [];

    /// <summary>How many writes have an unknown outcome since the window began; in live, of those that are kept.</summary>
    public int UncertainCount { get; init; }

    /// <summary>The newest of them.</summary>
    public ImmutableArray<UncertainWrite> UncertainWrites { get; init; } = [];

    /// <summary>By how many seconds its clock is ahead of the reader's, negative where it is behind; set by the reader, null where it is not known.</summary>
    public double? ClockAheadSeconds { get; init; }

    /// <summary>What is wrong with the mode's store, seen from there; null where nothing is.</summary>
    public string? Problem { get; init; }

    /// <summary>How long ago it said so.</summary>
    public TimeSpan AgeAt(DateTimeOffset now) => now > At ? now - At : TimeSpan.Zero;

    /// <summary>Whether its heartbeat is live.</summary>
    public bool IsLiveAt(DateTimeOffset now, TimeSpan expiry) => !Stopped && AgeAt(now) <= expiry;
}

/// <summary>The last writes of a backend.</summary>
/// <param name="Backend">Its name.</param>
/// <param name="Accepted">When one was last sent to it; null where none was.</param>
/// <param name="Completed">When the answer to one was last complete; null where none was.</param>
public sealed record BackendWrites(string Backend, DateTimeOffset? Accepted, DateTimeOffset? Completed);
