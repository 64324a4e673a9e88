using System.Globalization;
using Router.Configuration;
using Router.Proxy.InFlight;
using Router.Switching;

namespace Router.Reports;

/// <summary>The report as tables, which text and page share.</summary>
internal static class WindowReportSections
{
    private const string SameClock = "the fleet's";

    /// <summary>A table: its title, the names of its columns, and its rows.</summary>
    internal sealed record Section(string Title, string[] Columns, IReadOnlyList<string[]> Rows, string WhenEmpty);

    public static IReadOnlyList<(string Name, string Value)> Facts(WindowReport report) =>
        [
            ("window", report.Window is "" ? "(not begun)" : report.Window),
            ("mode", report.Mode),
            ("by", report.By),
            ("reason", report.Reason ?? "(none given)"),
            ("ticket", report.Ticket ?? "(none given)"),
            .. report.Command is not { } command
                ? default(ReadOnlySpan<(string, string)>)
                :
                [
                    ("command", string.Join(' ', command)),
                    ("run on", report.Host),
                    ("exit code", report.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "(none seen)"),
                ],
            ("closed", Closed(report)),
            ("announced end", Time(report.AnnouncedEnd) ?? "(none)"),
            ("verdict", Verdict(report)),
            ("cut", $"{report.Cut} requests and WebSockets"),
            ("rejected", $"{report.Rejected} requests, {report.RejectedWrites} of them writes"),
            ("bypass use", $"{report.Bypassed} requests"),
            ("unknown outcome", $"{report.UncertainCount} writes"),
        ];

    public static IReadOnlyList<Section> Of(WindowReport report) =>
        [
            .. OfTheTool(report),
            new(
                report.Command is null ? "Last writes when the instances had drained" : "Last writes before the command",
                ["backend", "accepted", "completed"],
                [.. report.LastWrites.Select(it => new[] { it.Backend, Time(it.Accepted) ?? "none", Time(it.Completed) ?? "none" })],
                "none"
            ),
            new(
                "Writes of unknown outcome",
                ["time", "request", "backend", "request id", "why", "client got"],
                [.. report.UncertainWrites.Select(Row)],
                "none"
            ),
            new("Bypasses", ["time", "", "by", "which"], [.. report.Bypasses.Select(Row)], "none"),
            new(
                "Instances",
                ["instance", "state", "started", "drained after", "cut", "rejected", "writes among them", "by bypass", "clock"],
                [.. report.Instances.Select(Row)],
                "none reported"
            ),
            new(
                "History of the mode",
                ["time", "", "mode", "by", "reason", "until"],
                [
                    .. report.History.Select(it =>
                        new[] { ReportTime.Clock(it.Time), it.Kind.JsonName(), it.Mode, it.By ?? "", it.Reason ?? "", Time(it.Until) ?? "" }
                    ),
                ],
                "none"
            ),
        ];

    // What only the tool that ran the window has seen.
    private static IEnumerable<Section> OfTheTool(WindowReport report)
    {
        if (report.Events is { } events)
            yield return new(
                "What happened",
                ["time", "", "event"],
                [.. events.Select(it => new[] { ReportTime.Clock(it.Time), Mark(it.Kind), it.Text })],
                "nothing"
            );
        if (report.Checks is { } checks)
            yield return new(
                "Checks",
                ["address", "result", ""],
                [.. checks.Select(it => new[] { it.Url, it.Passed ? "passed" : "FAILED", it.Text })],
                "none were configured or run"
            );
    }

    private static string Verdict(WindowReport report) =>
        report.SafeAt is { } safe ? $"{report.Verdict} at {ReportTime.Full(safe)}"
        : report.Command is null ? report.Verdict ?? "(see the output of the command that waited for it)"
        : "(never reached)";

    /// <summary>The clock of the machine whose zone is used.</summary>
    public static string Clocks(WindowReport report) =>
        $"Times are by the fleet's clock, in the zone of {report.Host}. The clock of {report.Host} {Agrees(report.HostAheadSeconds)}.";

    private static string Closed(WindowReport report) =>
        report.ClosedFrom is not { } from
            ? "(not closed)"
            : $"{ReportTime.Span(TimeSpan.FromSeconds(report.ClosedSeconds))} ({ReportTime.Full(from)} to "
                + $"{Time(report.ClosedUntil) ?? "now: STILL CLOSED"})";

    private static string[] Row(UncertainWrite write) =>
        [
            ReportTime.Full(write.Time),
            $"{write.Method} {write.Host}{write.Path}",
            write.Backend,
            write.RequestId ?? "",
            write.Reason,
            write.ClientStatus?.ToString(CultureInfo.InvariantCulture) ?? "no response",
        ];

    private static string[] Row(HistoryEntry entry) =>
        [ReportTime.Clock(entry.Time), entry.Kind == HistoryKind.Bypass ? "issued" : "revoked", entry.By ?? "", entry.Reason ?? ""];

    private static string[] Row(InstanceSummary it) =>
        [
            it.Id,
            $"{it.State.JsonName()}, {it.Mode}",
            ReportTime.Full(it.Started),
            it.DrainedAfterSeconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F1} s") : "",
            Number(it.Cut),
            Number(it.Rejected),
            Number(it.RejectedWrites),
            Number(it.Bypassed),
            Ahead(it.WallClockAheadSeconds),
        ];

    private static string Mark(DowntimeEventKind kind) =>
        kind switch
        {
            DowntimeEventKind.Danger => "!!!",
            DowntimeEventKind.Warning => "!",
            _ => "",
        };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Agrees(double seconds) => Ahead(seconds) is SameClock ? "agrees with it" : $"is {Ahead(seconds)}";

    private static string Ahead(double seconds) =>
        Math.Abs(seconds) < 0.05
            ? SameClock
            : $"{DurationText.Of(TimeSpan.FromSeconds(Math.Round(Math.Abs(seconds), 1)))} {(seconds > 0 ? "ahead" : "behind")}";

    private static string? Time(DateTimeOffset? time) => time is { } known ? ReportTime.Full(known) : null;
}
