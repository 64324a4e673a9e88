using System.Collections.Immutable;
using System.Security.Cryptography;
using Router.Configuration;
using Router.Forwarding.Backends;
using Router.Forwarding.InFlight;
using Router.Modes;

namespace Router.Switching;

/// <summary>Says what this instance has confirmed and holds.</summary>
public sealed class InstanceReporter(ModeController modes, OpenExchanges open, UncertainWrites uncertain, Upstreams upstreams, RouterSettings settings, TimeProvider time)
{
    private const int MostInTheWay = 20;
    private const int MostUncertain = 50;

    // What broke just before the window is of the window's making as often as not.
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(1);

    /// <summary>The name, as configured.</summary>
    public string Name => settings.Instance;

    /// <summary>Name and start.</summary>
    public string Id { get; } = $"{settings.Instance}/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";

    /// <summary>What is so now.</summary>
    /// <param name="problem">What is wrong with the store.</param>
    /// <param name="stopped">Whether the instance ends here.</param>
    public InstanceReport Make(string? problem, bool stopped = false)
    {
        // The state first: what comes after it meets it.
        var state = modes.State;
        var held = open.HeldAgainst(state);
        var writes = uncertain.Since(state.Mode.ClosesAnything ? state.WindowSince - Before : DateTimeOffset.MinValue);
        return new InstanceReport
        {
            Name = Name,
            Id = Id,
            At = time.GetUtcNow(),
            Stopped = stopped,
            Version = state.Record.Version,
            StepMade = state.Step.Made,
            Mode = state.Mode.Name,
            Since = state.Since,
            Held = held.Count,
            Testers = open.CountTesters(),
            HeldUpgraded = held.Count(exchange => exchange.IsUpgraded),
            InTheWay = [.. held.OrderBy(exchange => exchange.Arrived).Take(MostInTheWay).Select(exchange => exchange.Describe())],
            LastWrites = LastWrites(),
            UncertainCount = writes.Count,
            UncertainWrites = [.. writes.TakeLast(MostUncertain)],
            Problem = problem,
        };
    }

    /// <summary>The last writes of every backend that had one.</summary>
    public ImmutableArray<BackendWrites> LastWrites() =>
        [.. from entry in upstreams.LastWrites where entry.Value.Accepted is not null select new BackendWrites(entry.Key, entry.Value.Accepted, entry.Value.Completed)];
}
