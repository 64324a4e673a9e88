using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>
/// Makes the changes that operators ask for, each as one transaction on the store: it replaces exactly the record that it was made from.
/// </summary>
public sealed partial class ModeChanger(
    StoredRecord stored,
    ModeController modes,
    Fleet fleet,
    ModeHistory history,
    StoreHealth health,
    RouterSettings settings,
    FleetClock clock,
    ILogger<ModeChanger> logger
)
{
    // Each step is recorded once, so a few attempts suffice. No operator waits long for a store that accepts nothing.
    private const int MaxAttempts = 5;

    /// <exception cref="ModeStoreException">The store can't be read or written.</exception>
    public Task<ChangeResult> ChangeAsync(ChangeRequest request, CancellationToken cancellation) =>
        stored.ExclusiveAsync(
            async () =>
            {
                for (var attempt = 1; ; attempt++)
                {
                    var result = await TryChangeAsync(request, cancellation).ConfigureAwait(false);
                    // Around the instant of a switch, instances record that they have reached the step. That is not a competing change, and
                    // the operator's must not be refused for it.
                    if (
                        result.Outcome != ChangeOutcome.LostRace
                        || attempt == MaxAttempts
                        || !await stored.HoldsAsync(result.Before.Record, cancellation).ConfigureAwait(false)
                    )
                        return result;
                }
            },
            cancellation
        );

    private async Task<ChangeResult> TryChangeAsync(ChangeRequest request, CancellationToken cancellation)
    {
        var text = await stored.ReadAsync(cancellation).ConfigureAwait(false);
        if (text is not null && ModeRecordText.TryParse(text, out var found, out _))
            text = await stored.ApplyAsync(text, found, cancellation).ConfigureAwait(false);
        var state = await KnownAsync(cancellation).ConfigureAwait(false);
        if (request.IfVersion is { } version && version != state.Record.Version)
            return new ChangeResult(ChangeOutcome.OtherVersion, state, []);
        var delay = await ActivationDelayAsync(cancellation).ConfigureAwait(false);
        var errors = new ValidationErrors();
        OperatorText.Check("by", request.Note?.By, errors);
        var began = clock.GetUtcNow();
        if (request.Apply(state, began, delay, errors) is not { } next || errors.Any)
            return new ChangeResult(ChangeOutcome.Refused, state, errors.All);
        if (request.IsDryRun)
            return new ChangeResult(ChangeOutcome.DryRun, state, []) { Record = next };
        var entry = history.EntryOf(request.Kind, next, request.Note);
        if (!await stored.ReplaceAsync(text, next, entry, cancellation).ConfigureAwait(false))
            return new ChangeResult(ChangeOutcome.LostRace, state, []);
        var written = clock.GetUtcNow();
        modes.Offer(next);
        health.SetProblem(null);
        Log(entry);
        // The others could not know of it in time, unless an earlier record had it. A verdict goes by what each instance has confirmed, and
        // is not affected.
        if (next.Steps.Any(step => step.At > began && step.At <= written && !state.Record.Steps.Any(step.IsSameAs)))
            LogLate(next.Version, (written - began).TotalSeconds);
        return new ChangeResult(ChangeOutcome.Done, state, []) { Record = next };
    }

    private async Task<TimeSpan> ActivationDelayAsync(CancellationToken cancellation)
    {
        if (settings.ModeStore.ActivationDelay is { } configured)
            return configured;
        try
        {
            var now = clock.GetUtcNow();
            var others = await fleet.ReadOthersAsync(cancellation).ConfigureAwait(false);
            return others.Any(report => report.StateAt(now, fleet.HeartbeatExpiry) == InstanceState.Live)
                ? ModeStores.FleetActivationDelay
                : TimeSpan.Zero;
        }
        catch (ModeStoreException)
        {
            // Other instances may exist, although this one can't see them. The change itself reports what is wrong with the store.
            return ModeStores.FleetActivationDelay;
        }
    }

    // The mode that an instance has before it has read the store has no version. Others may know one, which the new record must exceed.
    private async Task<ModeState> KnownAsync(CancellationToken cancellation)
    {
        var state = modes.State;
        if (state.Record.Version.IsStored)
            return state;
        var others = await fleet.ReadOthersAsync(cancellation).ConfigureAwait(false);
        var version = others.Select(report => report.Version).Append(RecordVersion.NotStored).Max();
        return new ModeState(state.Record with { Version = version }, state.Index, state.Since, state.ActivatedAt);
    }

    private void Log(HistoryEntry entry)
    {
        var by = entry.By ?? OperatorText.Unnamed;
        switch (entry.Kind)
        {
            case HistoryKind.Bypass:
                LogBypass(entry.Reason!.Trim(), by, entry.Until!.Value.UtcDateTime);
                break;
            case HistoryKind.Revoked:
                LogRevoked(entry.Reason!, by);
                break;
            case HistoryKind.Accepted:
                LogAccepted(by, entry.Reason!);
                break;
            case HistoryKind.Cancelled:
                LogCancelled(entry.Version, entry.Mode, by);
                break;
            case HistoryKind.Paused or HistoryKind.Resumed:
                LogPaused(entry.Kind == HistoryKind.Paused ? "paused" : "resumed", by);
                break;
            case HistoryKind.Stage:
                LogStage(entry.Version, entry.Stage ?? entry.Mode, entry.At!.Value.UtcDateTime, by, entry.Reason!);
                break;
            case HistoryKind.Fallback:
                // The gate itself says why.
                break;
            case var kind:
                var what = kind == HistoryKind.Extended ? "The end, reason or ticket was changed" : "The mode was set";
                LogChanged(what, entry.Version, entry.Mode, entry.At!.Value.UtcDateTime, by, entry.Reason ?? "no reason given");
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{What}: version {Version}, {Mode} from {At:O} on, by {By}: {Reason}.")]
    private partial void LogChanged(string what, RecordVersion version, string mode, DateTime at, string by, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Version {Version} took {Seconds:F1} s to write and was stored only after its activation time: instances switched when "
            + "they read it, not all at one instant. Give the store more time with Router:ModeStore:ActivationDelay."
    )]
    private partial void LogLate(RecordVersion version, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "The reopening was {What} by {By}.")]
    private partial void LogPaused(string what, string by);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The reopening advanced: version {Version}, {Stage}, from {At:O} on, by {By}: {Reason}."
    )]
    private partial void LogStage(RecordVersion version, string stage, DateTime at, string by, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The scheduled change was cancelled by {By}: version {Version}, {Mode}.")]
    private partial void LogCancelled(RecordVersion version, string mode, string by);

    [LoggerMessage(Level = LogLevel.Information, Message = "Bypass {Bypass} was issued by {By}, valid until {Until:O}.")]
    private partial void LogBypass(string bypass, string by, DateTime until);

    [LoggerMessage(Level = LogLevel.Information, Message = "Bypass {Bypass} was revoked by {By}.")]
    private partial void LogRevoked(string bypass, string by);

    [LoggerMessage(Level = LogLevel.Information, Message = "The writes of unknown outcome were accepted as settled by {By}: {Reason}.")]
    private partial void LogAccepted(string by, string reason);
}
