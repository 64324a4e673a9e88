using System.Globalization;
using Router.Management;
using Router.Modes;
using Router.Reports;
using Router.Switching;

namespace Router.Cli.Downtime;

/// <summary>
/// Compares the fleet, again and again, with its state when the command was allowed to start, and names each thing once that has changed
/// for the worse.
/// </summary>
internal sealed class SafetyWatch(FleetDocument start)
{
    // A verdict that stays bad is repeated: an operator may have looked away.
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromSeconds(30);

    private readonly HashSet<string> _named = [];
    private readonly Dictionary<string, DateTimeOffset?> _writes = start.LastWrites.ToDictionary(it => it.Backend, it => it.Accepted);
    private readonly Mode? _mode = ModeCatalogue.Find(start.Mode);
    private DateTimeOffset? _repeated;

    /// <summary>Since when the verdict is not what the command needs; null while it is.</summary>
    public DateTimeOffset? UnsafeSince { get; private set; }

    /// <summary>Whether a verdict is what a command needs in the mode: SAFE, or nothing that contradicts it in a mode that lets writes
    /// through.</summary>
    public static bool IsGood(FleetDocument fleet) =>
        ModeCatalogue.Find(fleet.Mode) is { AllowsWrites: true } ? fleet.State == VerdictState.ClosedToVisitors : fleet.Safe;

    /// <summary>What is new in this state.</summary>
    public IEnumerable<DowntimeEvent> Observe(FleetDocument fleet)
    {
        var now = fleet.Current.Now;
        return
        [
            .. Switched(fleet).Concat(Returned(fleet)).Select(text => new DowntimeEvent(now, DowntimeEventKind.Danger, text)),
            .. Written(fleet).Select(text => new DowntimeEvent(now, DowntimeEventKind.Danger, text)),
            .. Judged(fleet).Concat(Overrun(fleet)).Select(text => new DowntimeEvent(now, DowntimeEventKind.Warning, text)),
        ];
    }

    private IEnumerable<string> Switched(FleetDocument fleet)
    {
        if (fleet.Mode == start.Mode && fleet.Current.Window == start.Current.Window)
            yield break;
        var opens = _mode is null || ModeCatalogue.Find(fleet.Mode) is not { } mode || mode.Opens(_mode);
        if (opens && _named.Add($"mode {fleet.Mode} {fleet.Current.Since:O}"))
            yield return $"Somebody has opened the site: the mode is {fleet.Mode} since {Time(fleet.Current.Since)}, set by "
                + $"{fleet.Current.By ?? OperatorText.Unnamed}";
    }

    private IEnumerable<string> Returned(FleetDocument fleet) =>
        from instance in fleet.Instances
        where instance.State == InstanceState.Live && instance.Report.Mode != fleet.Mode
        let mode = ModeCatalogue.Find(instance.Report.Mode)
        where mode is not null && (_mode is null || mode.Opens(_mode))
        where _named.Add($"instance {instance.Report.Id} {mode}")
        select $"{instance.Report.Name} is in mode {mode}, not {start.Mode} (started {Time(instance.Report.Started)}): it forwards "
            + $"requests that it should not";

    // A mode that lets writes through does not say which of them were meant.
    private IEnumerable<string> Written(FleetDocument fleet)
    {
        if (_mode is { AllowsWrites: true })
            yield break;
        foreach (var writes in fleet.LastWrites)
        {
            if (writes.Accepted is not { } accepted || (_writes.TryGetValue(writes.Backend, out var before) && accepted <= before))
                continue;
            _writes[writes.Backend] = accepted;
            if (_named.Add($"write {writes.Backend}"))
                yield return $"A write has reached {writes.Backend}, which is closed, at {Time(accepted)}";
        }
    }

    private IEnumerable<string> Judged(FleetDocument fleet)
    {
        var now = fleet.Current.Now;
        if (IsGood(fleet))
        {
            if (UnsafeSince is { } since)
                yield return $"The verdict is {fleet.Verdict} again, after "
                    + $"{(now - since).TotalSeconds.ToString("F0", CultureInfo.InvariantCulture)} s";
            (UnsafeSince, _repeated) = (null, null);
            yield break;
        }

        UnsafeSince ??= now;
        if (now - _repeated < RepeatInterval)
            yield break;
        _repeated = now;
        yield return fleet.Verdict;
    }

    private IEnumerable<string> Overrun(FleetDocument fleet)
    {
        if (fleet.Current is { OverrunSeconds: not null, Until: { } until } && _named.Add($"overrun {until:O}"))
            yield return $"OVERRUN: the announced end {Time(until)} has passed. Announce a later one with: router mode extend --by 30m";
    }

    private static string Time(DateTimeOffset time) => ReportTime.Clock(time);
}
