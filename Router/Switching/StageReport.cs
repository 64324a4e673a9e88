using System.Globalization;
using Router.Metrics;
using Router.Modes;

namespace Router.Switching;

/// <summary>The outcome of the requests that were forwarded because of a stage of a reopening.</summary>
/// <param name="Made">The version of the record that introduced the stage.</param>
/// <param name="Requests">How many have ended.</param>
/// <param name="Failures">How many of them failed: with a status of 5xx, or without a complete response.</param>
public sealed record StageReport(RecordVersion Made, long Requests, long Failures)
{
    /// <summary>The share of failed requests, in percent.</summary>
    public double FailedPercent => Requests == 0 ? 0 : Math.Round(Failures * 100.0 / Requests, 2);

    /// <summary>The counts in words.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Failures} of {Requests} requests failed ({FailedPercent} %)");

    /// <summary>What one instance has counted.</summary>
    public static StageReport Of(StageCounts counts)
    {
        var failures = counts.Failures;
        return new StageReport(counts.Made, counts.Requests, failures);
    }

    /// <summary>
    /// What the whole fleet has counted in a stage. An instance that has ended or vanished counts too: what it forwarded was real.
    /// </summary>
    public static StageReport Of(RecordVersion made, IEnumerable<InstanceReport> reports)
    {
        var all = reports.Select(report => report.Stage).OfType<StageReport>().Where(stage => stage.Made == made).ToArray();
        return new StageReport(made, all.Sum(stage => stage.Requests), all.Sum(stage => stage.Failures));
    }
}
