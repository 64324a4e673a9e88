using System.Collections.Immutable;
using Router.Modes;
using Router.Switching;

namespace Router.Management;

/// <summary>A reopening in stages, as the management interface shows it.</summary>
public sealed record ReopeningDocument
{
    /// <summary>The mode that the others still see, and that the site falls back to.</summary>
    public required string Closed { get; init; }

    /// <summary>The mode of the last stage.</summary>
    public required string To { get; init; }

    /// <summary>The number of the stage, from 1 on.</summary>
    public required int Stage { get; init; }

    /// <summary>The share of the clients to whom the site is open, in percent.</summary>
    public required double Share { get; init; }

    /// <summary>The share in each stage.</summary>
    public required ImmutableArray<double> Shares { get; init; }

    /// <summary>How long a stage lasts at least.</summary>
    public required double EverySeconds { get; init; }

    /// <summary>The share of failed requests, in percent, above which the site falls back.</summary>
    public required double FallBackAbove { get; init; }

    /// <summary>The minimum number of requests over which that share is computed.</summary>
    public required int AtLeast { get; init; }

    /// <summary>When the APIs open: first or last.</summary>
    public required string Apis { get; init; }

    /// <summary>Whether an operator has stopped it at this stage.</summary>
    public required bool IsPaused { get; init; }

    /// <summary>How many requests the fleet has forwarded because of the stage; null where only one instance is shown.</summary>
    public long? Requests { get; init; }

    /// <summary>How many of them failed.</summary>
    public long? Failures { get; init; }

    /// <summary>What the next stage waits for; null where only one instance is shown.</summary>
    public StageWait? WaitsFor { get; init; }

    /// <summary>What the reopening of a step looks like; null if it is none.</summary>
    public static ReopeningDocument? Of(ModeStep step) =>
        step.Mode.Stage?.Plan is not { } plan
            ? null
            : new ReopeningDocument
            {
                Closed = plan.Closed.Name,
                To = plan.To.Name,
                Stage = plan.Stage + 1,
                Share = plan.Share,
                Shares = plan.Shares,
                EverySeconds = plan.Every.TotalSeconds,
                FallBackAbove = plan.FallBackAbove,
                AtLeast = plan.AtLeast,
                Apis = plan.ApisFirst ? "first" : "last",
                IsPaused = plan.IsPaused,
            };

    /// <summary>The same with what the fleet has counted in the stage that is in force.</summary>
    public ReopeningDocument With(StageReport counts, ModeState state, DateTimeOffset now) =>
        this with
        {
            Requests = counts.Requests,
            Failures = counts.Failures,
            WaitsFor = state.Step.Mode.Stage?.Plan.WaitAt(now, state.Step.At, counts.Requests, isChangeScheduled: state.Next is not null),
        };
}
