using Router.Management;

namespace Router.Cli.Downtime;

/// <summary>How the site is opened in stages, as typed; nothing is set where it is opened to everyone at once.</summary>
internal sealed record StagePlan
{
    /// <summary>The shares of the clients, one after the other.</summary>
    public string? Shares { get; init; }

    public string? Every { get; init; }

    public string? FallBackAbove { get; init; }

    public int? AtLeast { get; init; }

    /// <summary>Whether the APIs open first or last.</summary>
    public string? Apis { get; init; }

    /// <summary>A change with these stages.</summary>
    public ModeChangeDocument AddTo(ModeChangeDocument change) =>
        change with
        {
            Stages = Shares,
            Every = Every,
            FallBackAbove = FallBackAbove,
            AtLeast = AtLeast,
            Apis = Apis,
        };
}
