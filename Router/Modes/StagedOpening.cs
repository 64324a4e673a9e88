using System.Collections.Immutable;

namespace Router.Modes;

/// <summary>How an operator wants the site to be opened in stages.</summary>
public sealed record StagedOpening
{
    public static readonly TimeSpan DefaultEvery = TimeSpan.FromMinutes(2);

    public const double DefaultFallBackAbove = 2;

    public const int DefaultAtLeast = 200;

    /// <summary>The share of the clients in each stage, in percent.</summary>
    public required ImmutableArray<double> Shares { get; init; }

    /// <summary>How long a stage lasts at least.</summary>
    public TimeSpan Every { get; init; } = DefaultEvery;

    /// <summary>The share of failed requests, in percent, above which the site closes again.</summary>
    public double FallBackAbove { get; init; } = DefaultFallBackAbove;

    /// <summary>The minimum number of requests over which the share of failed ones is computed.</summary>
    public int AtLeast { get; init; } = DefaultAtLeast;

    /// <summary>Whether the APIs open in the first stage, and not only in the last one.</summary>
    public bool ApisFirst { get; init; }
}
