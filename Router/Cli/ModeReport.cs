using System.Collections.Immutable;
using System.Globalization;
using Router.Access;
using Router.Admission;
using Router.Configuration;
using Router.Management;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Reports;
using Router.Switching;

namespace Router.Cli;

/// <summary>Prints the mode, the instances and the verdict for an operator at night.</summary>
public static class ModeReport
{
    public static void Write(FleetDocument fleet, TextWriter output)
    {
        WriteMode(fleet.Current, output);
        output.WriteLine();
        WriteFleet(fleet, null, output);
    }

    /// <summary>The instances, the last writes, the writes of unknown outcome, the notes, and the verdict as the last line.</summary>
    public static void WriteFleet(FleetDocument fleet, string? note, TextWriter output)
    {
        foreach (var instance in fleet.Instances)
            Write(instance, output);
        foreach (var writes in fleet.LastWrites)
            output.WriteLine($"last write: {writes.Backend}: accepted {Moment(writes.Accepted)}, completed {Moment(writes.Completed)}");
        foreach (
            var (instance, write) in fleet.Instances.SelectMany(instance =>
                instance.Report.UncertainWrites.Select(write => (instance, write))
            )
        )
            output.WriteLine($"OUTCOME UNKNOWN: {Describe(write)}, through {instance.Report.Name}");
        foreach (var instance in fleet.Instances.Where(instance => instance.Report.UncertainCount > instance.Report.UncertainWrites.Length))
            output.WriteLine(
                $"OUTCOME UNKNOWN: {instance.Report.UncertainCount - instance.Report.UncertainWrites.Length} more through "
                    + $"{instance.Report.Name}: see its log and metrics"
            );
        foreach (var text in fleet.Notes)
            output.WriteLine($"note:      {text}");
        if (note is not null)
            output.WriteLine($"note:      {note}");
        output.WriteLine();
        output.WriteLine(fleet.Verdict);
    }

    /// <summary>The mode in detail.</summary>
    public static void WriteMode(ModeDocument mode, TextWriter output)
    {
        output.WriteLine($"mode:      {mode.Mode} ({mode.Summary})");
        output.WriteLine($"version:   {mode.Version}");
        output.WriteLine($"since:     {Time(mode.Since)}");
        Line("stage", mode.Reopening is { } stage ? ReopeningText.Of(stage, mode.Since, mode.Now) : null);
        Line("FELL BACK", mode.FellBack);
        WriteAnnouncement("", mode.Mode, mode.Until, mode.OverrunSeconds, mode.By, mode.Reason, mode.Ticket, output);
        foreach (var next in mode.Next)
        {
            output.WriteLine($"scheduled: {next.Mode} at {Time(next.At)}{(next.IsFollowUp ? ", unless the mode is changed before" : "")}");
            Line("  stage", next.Reopening is { } first ? ReopeningText.Of(first, null, mode.Now) : null);
            WriteAnnouncement("  ", next.Mode, next.Until, null, next.By, next.Reason, next.Ticket, output);
        }

        foreach (var bypass in mode.Bypasses)
            output.WriteLine(
                $"bypass:    {bypass.Id} until {Time(bypass.Until)}{(bypass.Address is { } address ? $", {address}" : "")}"
                    + $"{(bypass.By is { } giver ? $", by {giver}" : "")}{(bypass.Note is { } note ? $", {note}" : "")}"
            );
        output.WriteLine($"kept in:   {mode.Store}{(mode.IsLasting ? "" : $"; a restart goes back to {mode.ConfiguredMode}")}");
        Line("PROBLEM", mode.Problem);
        Line("PROBLEM", mode.SwitchProblem is { } problem ? $"The fleet cannot be switched: {problem}" : null);

        void Line(string name, string? text)
        {
            if (text is not null)
                output.WriteLine($"{name + ":", -11}{text}");
        }
    }

    /// <summary>A bypass that was issued: the token is shown once.</summary>
    public static void Write(BypassDocument bypass, TextWriter output)
    {
        output.WriteLine($"bypass:    {bypass.Id}, until {Time(bypass.Until)}, or until the site opens if that is earlier");
        if (bypass.Token is null)
        {
            output.WriteLine($"address:   {bypass.Address}");
            return;
        }

        output.WriteLine($"token:     {bypass.Token}");
        output.WriteLine($"browser:   open {BypassGate.FormPath} on the site and enter the token");
        output.WriteLine($"script:    send {BypassToken.Header}: TOKEN");
    }

    /// <summary>What a change did or, in a dry run, would do.</summary>
    public static void Write(ChangeDocument change, TextWriter output)
    {
        foreach (var dropped in change.Replaced)
            output.WriteLine($"{(change.Changed ? "no longer" : "would drop")} scheduled: {dropped.Mode} at {Time(dropped.At)}");
        if (!change.Changed)
        {
            output.WriteLine("Dry run. Nothing was changed. This would happen:");
            foreach (var effect in change.Effects)
                output.WriteLine($"  {effect.Backend, -24}{effect.Kind, -10}{Describe(effect)}");
        }

        if (change.EndMoved is { } moved)
            output.WriteLine($"end moved: {Move(moved)}");
        WriteMode(change.Mode, output);
    }

    private static string Describe(BackendEffect effect) =>
        (effect.Reads, effect.Writes, effect.Waits) switch
        {
            (_, true, _) => "reachable",
            (true, _, true) => "reads only, writes wait",
            (true, _, _) => "reads only",
            (_, _, true) => "requests wait",
            _ => "CLOSED",
        };

    // Every line for a closed site, so that it is clear what was not specified.
    private static void WriteAnnouncement(
        string indent,
        string mode,
        DateTimeOffset? until,
        double? overrun,
        string? by,
        string? reason,
        string? ticket,
        TextWriter output
    )
    {
        var closes = ModeCatalogue.RestrictsAnything(mode);
        Line(
            "until",
            until is { } end ? $"{Time(end)}{(overrun is { } over ? $", OVERRUN by {Span(over)}" : "")}" : null,
            "no end announced"
        );
        Line("by", by, OperatorText.Unnamed);
        Line("reason", reason, "none given");
        Line("ticket", ticket, "none given");

        void Line(string name, string? text, string nothing)
        {
            if (text is not null || closes)
                output.WriteLine($"{indent}{name + ":", -11}{(text is null ? $"({nothing})" : text)}");
        }
    }

    // With dates if the time of day alone would not show the direction and distance.
    private static string Move(EndMoveDocument moved)
    {
        var (by, isShort) = (moved.To - moved.From, moved.From.Second == 0 && moved.To.Second == 0);
        var zone = moved.From.ToLocalTime().Offset == moved.To.ToLocalTime().Offset ? "" : " zzz";
        var format = $"{(by.Duration() < TimeSpan.FromDays(1) ? "" : "yyyy-MM-dd ")}HH:mm{(isShort ? "" : ":ss")}{zone}";
        return $"{Local(moved.From)} -> {Local(moved.To)}, {DurationText.ToTheSecond(by.Duration())} "
            + $"{(by > TimeSpan.Zero ? "later" : "CLOSER")}";

        string Local(DateTimeOffset time) => time.ToLocalTime().ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>One line on what is still in flight.</summary>
    public static string Progress(FleetDocument fleet) =>
        InFlight(fleet) is > 0 and var count ? $"in flight: {count}. {fleet.Verdict}" : fleet.Verdict;

    /// <summary>How many requests are in flight to what the mode closes.</summary>
    public static int InFlight(FleetDocument fleet) =>
        fleet.Instances.Sum(instance => instance.State == InstanceState.Live ? instance.Report.BlockingCount : 0);

    /// <summary>How a request in flight is identified.</summary>
    public static string Name(InFlightRequest request) => $"{request.Method} {request.Host}{request.Path}{request.Mark()}";

    /// <summary>The history, one line per entry.</summary>
    public static void Write(HistoryDocument history, TextWriter output)
    {
        for (var i = 0; i < history.Entries.Length; i++)
        {
            var entry = history.Entries[i];
            output.WriteLine(
                $"{Time(entry.Time)}  v{entry.Version, -5}{entry.Kind.JsonName(), -10}{entry.Mode, -12}{Details(entry)}"
                    + Lasted(history.Entries, i)
            );
        }
    }

    // How long a mode was in force: until the first change to another mode that took effect.
    private static string Lasted(ImmutableArray<HistoryEntry> entries, int index)
    {
        if (!entries[index].Kind.SetsMode())
            return "";
        if (!HistoryEffects.TookEffect(entries, index))
            return " (it never took effect)";
        for (var i = index + 1; i < entries.Length; i++)
        {
            if (entries[i].Kind.SetsMode() && entries[i].Mode != entries[index].Mode && HistoryEffects.TookEffect(entries, i))
                return $" (for {Span((entries[i].Effect - entries[index].Effect).TotalSeconds)})";
        }

        return "";
    }

    private static string Details(HistoryEntry entry)
    {
        if (entry.Kind != HistoryKind.Drained)
            return string.Join(
                ", ",
                new[]
                {
                    entry.Stage,
                    entry.At is { } at && at > entry.Time ? $"at {Time(at)}" : null,
                    entry.By is { } by ? $"by {by}" : null,
                    entry.Reason,
                    entry.Ticket,
                    entry.Until is { } until ? $"until {Time(until)}" : null,
                }.OfType<string>()
            );
        var writes = entry.LastWrites is { IsDefaultOrEmpty: false } all ? all.Max(write => write.Completed ?? write.Accepted) : null;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.Instance}: after {entry.DrainedAfter:F1} s, {entry.Cut} cut, "
                + $"{CountText.Of((int)(entry.UncertainWrites ?? 0), "write")} of unknown "
                + $"outcome{(writes is { } last ? $", last write {Time(last)}" : "")}"
        );
    }

    private static void Write(InstanceDocument instance, TextWriter output)
    {
        var report = instance.Report;
        var seen = instance.State == InstanceState.Live || !report.IsDated ? "" : $", last seen {Span(instance.SeenSecondsAgo)} ago";
        output.WriteLine(
            report.IsReadable
                ? $"instance:  {report.Name} (started {Time(report.Started)}), {instance.State.JsonName()}{seen}: "
                    + $"version {report.Version}, {report.Mode}, {CountText.Of(report.BlockingCount, "request")} still in flight "
                    + $"({CountText.Of(report.BlockingUpgradedCount, "WebSocket")}), {report.Cut} cut"
                : $"instance:  {report.Name}, {instance.State.JsonName()}{seen}"
        );
        foreach (var request in report.Blocking)
            output.WriteLine($"           {Describe(request)}");
        if (report.Problem is { } problem)
            output.WriteLine($"           PROBLEM: {problem}");
    }

    private static string Describe(UncertainWrite write) =>
        $"{Time(write.Time)} {write.Method} {write.Host}{write.Path} ({(write.IsIdempotent ? "idempotent, " : "")}request "
        + $"{write.RequestId ?? "without id"}, {write.Reason}, "
        + $"the client got {write.ClientStatus?.ToString(CultureInfo.InvariantCulture) ?? "no response"}, settled by "
        + $"{ReportTime.Clock(write.SettlesAt)})";

    private static string Describe(InFlightRequest request) =>
        string.Create(CultureInfo.InvariantCulture, $"{request.AgeSeconds, 6:F1} s  {Name(request)}");

    private static string Moment(DateTimeOffset? time) =>
        time?.ToLocalTime().ToString("HH:mm:ss.fff zzz", CultureInfo.InvariantCulture) ?? "none";

    private static string Time(DateTimeOffset time) => ReportTime.Full(time);

    private static string Span(double seconds) => ReportTime.Span(TimeSpan.FromSeconds(seconds));
}
