using System.Collections.Immutable;
using Router.Management;
using Router.Proxy.InFlight;
using Router.Switching;

namespace Router.Cli.Downtime;

/// <summary>What the command can read about the window: <c>ROUTER_WINDOW_FILE</c>.</summary>
internal sealed record WindowFileDocument
{
    public required string? Window { get; init; }

    public required string Mode { get; init; }

    /// <summary>When the site was SAFE; null in a mode that lets some writes through.</summary>
    public required DateTimeOffset? SafeAt { get; init; }

    public required string Verdict { get; init; }

    public required DateTimeOffset? Until { get; init; }

    public required string? By { get; init; }

    public required string? Reason { get; init; }

    public required string? Ticket { get; init; }

    public required ImmutableArray<BackendWrites> LastWrites { get; init; }

    /// <summary>How many writes of unknown outcome there are; the lists of the instances have the newest ones.</summary>
    public required int UncertainCount { get; init; }

    public required ImmutableArray<UncertainWrite> UncertainWrites { get; init; }

    public required ImmutableArray<string> Instances { get; init; }

    public static WindowFileDocument Of(FleetDocument fleet) =>
        new()
        {
            Window = fleet.Current.Window,
            Mode = fleet.Mode,
            SafeAt = fleet.Safe ? fleet.Current.Now : null,
            Verdict = fleet.Verdict,
            Until = fleet.Current.Until,
            By = fleet.Current.By,
            Reason = fleet.Current.Reason,
            Ticket = fleet.Current.Ticket,
            LastWrites = fleet.LastWrites,
            UncertainCount = fleet.Instances.Sum(instance => instance.Report.UncertainCount),
            UncertainWrites = [.. fleet.Instances.SelectMany(instance => instance.Report.UncertainWrites)],
            Instances = [.. fleet.Instances.Where(it => it.State == InstanceState.Live).Select(it => it.Report.Id)],
        };
}
