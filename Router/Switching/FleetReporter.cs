using System.Text.Json;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>
/// Reports this instance to the store with each heartbeat. The observer, one instance of the fleet, also reads all reports, publishes the
/// verdict and deletes what is old. Every other instance reads them on demand and at long intervals.
/// </summary>
public sealed partial class FleetReporter(
    IModeStore store,
    InstanceReporter instance,
    Fleet fleet,
    ModeController modes,
    StoreHealth health,
    FleetClock clock,
    ILogger<FleetReporter> logger
)
{
    private volatile PublishedVerdict? _published;

    /// <summary>The fleet's verdict, as the observer published it last; null if none is current.</summary>
    public PublishedVerdict? Published => _published;

    /// <summary>Whether the store took this instance's last report and named it the observer.</summary>
    public bool IsObserver { get; private set; }

    public InstanceReport Make(bool stopped = false) => instance.Make(health.Problem, stopped);

    /// <summary>
    /// Writes a report to the store and, on the observer, does its work. False, with the reason in <see cref="StoreHealth.Isolation"/>, if
    /// the store can't be written.
    /// </summary>
    public async Task<bool> ReportAsync(InstanceReport report, CancellationToken cancellation)
    {
        try
        {
            var asked = clock.GetTimestamp();
            var text = JsonSerializer.Serialize(report, SwitchingJson.Default.InstanceReport);
            var beat = await store.BeatAsync(report.Id, text, cancellation).ConfigureAwait(false);
            if (beat.Now is { } now)
                clock.Observe(now, asked, clock.GetTimestamp());
            health.SetIsolation(null);
            IsObserver = beat.IsObserver;
            if (report.Stopped)
                return true;
            if (beat.IsObserver || fleet.IsReadDue)
                await ObserveAsync(beat.IsObserver, cancellation).ConfigureAwait(false);
            if (!beat.IsObserver)
                _published = beat.Verdict is null ? null : JsonSerializer.Deserialize(beat.Verdict, SwitchingJson.Default.PublishedVerdict);
            return true;
        }
        catch (JsonException)
        {
            // A newer Router publishes another form.
            _published = null;
            return true;
        }
        catch (ModeStoreException error)
        {
            health.SetIsolation(error.Message);
            IsObserver = false;
            _published = null;
            return false;
        }
    }

    // An instance on this host can be proven to have ended.
    private async Task ObserveAsync(bool isObserver, CancellationToken cancellation)
    {
        var others = await fleet.ReadOthersAsync(cancellation).ConfigureAwait(false);
        var now = clock.GetUtcNow();
        foreach (var other in others)
        {
            if (other is not { Stopped: false, End: null, Process: { } process } || !process.HasEnded())
                continue;
            // The record decides whether it was closed and quiet, and this instance has yet to read it. The next heartbeat retries.
            if (other.Version.IsStored && !modes.State.Record.Version.IsStored)
                continue;
            if (await fleet.EndAsync(other, new InstanceEnd(now, instance.Name, IsProven: true), cancellation).ConfigureAwait(false))
                LogEnded(other.Id, other.At.UtcDateTime, now.UtcDateTime, other.OpenWriteCount);
        }

        await fleet.RestoreAsync(others, cancellation).ConfigureAwait(false);
        if (!isObserver)
            return;
        await fleet.DeleteOldAsync(others, now, cancellation).ConfigureAwait(false);
        var verdict = PublishedVerdict.Of(fleet.JudgeKnown(), modes.State.Record.Version);
        _published = verdict;
        await store
            .PublishVerdictAsync(JsonSerializer.Serialize(verdict, SwitchingJson.Default.PublishedVerdict), cancellation)
            .ConfigureAwait(false);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Instance} ended without a last report, between {From:O} and {To:O}. Writes in flight at its last heartbeat: {Writes}."
    )]
    private partial void LogEnded(string instance, DateTime from, DateTime to, int writes);
}
