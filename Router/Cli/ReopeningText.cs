using System.Globalization;
using Router.Configuration;
using Router.Management;
using Router.Modes;

namespace Router.Cli;

/// <summary>Describes a reopening in stages in one line.</summary>
internal static class ReopeningText
{
    /// <summary>The stage, what the fleet has counted in it, and when the next one may begin.</summary>
    /// <param name="stage">The reopening.</param>
    /// <param name="since">When the stage began; null if it has not begun.</param>
    /// <param name="now">The fleet's clock.</param>
    public static string Of(ReopeningDocument stage, DateTimeOffset? since, DateTimeOffset now) =>
        string.Join("; ", new[] { Name(stage), Counts(stage), Next(stage, since, now) }.OfType<string>());

    /// <summary>The stage alone.</summary>
    public static string Name(ReopeningDocument stage)
    {
        var shares = string.Join(", ", stage.Shares.Select(share => string.Create(CultureInfo.InvariantCulture, $"{share} %")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{stage.Stage} of {stage.Shares.Length} ({shares}), {stage.Share} % of the clients"
        );
    }

    private static string? Counts(ReopeningDocument stage) =>
        stage.Requests is not { } requests
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{requests} requests (at least {stage.AtLeast} to advance), {stage.Failures} failed (falls back above "
                    + $"{stage.FallBackAbove} %)"
            );

    private static string? Next(ReopeningDocument stage, DateTimeOffset? since, DateTimeOffset now)
    {
        if (stage.IsPaused)
            return "PAUSED: router mode stages resume";
        if (since is not { } began)
            return null;
        var left = began + TimeSpan.FromSeconds(stage.EverySeconds) - now;
        return stage.WaitsFor switch
        {
            StageWait.Change => "no next stage while a change is scheduled",
            StageWait.Time => $"next stage in {DurationText.Of(TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)))}",
            StageWait.Requests => "next stage when there are enough requests",
            _ => "next stage now",
        };
    }
}
