using System.Collections.Immutable;
using Router.Background;
using Router.Modes;
using Router.Modes.Stores;
using Router.Switching;

namespace Router.Management;

/// <summary>
/// Sends the fleet's state to the open pages: made once for all of them, at most once per second and at each change of the mode, and only
/// what has changed. While no page is open it does nothing. The store is read in parallel, so that a store that does not respond delays no
/// page.
/// </summary>
public sealed class LivePublisher : BackgroundLoop
{
    /// <summary>How many pages one instance serves.</summary>
    public const int MaxPages = 256;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Reading a large fleet less often bounds what a page costs: 500 instances are read every 4 seconds.
    private static readonly TimeSpan ReadIntervalPerInstance = TimeSpan.FromMilliseconds(6);

    // An entry that another instance has made without a change of the mode, such as how it has drained.
    private static readonly TimeSpan HistoryInterval = TimeSpan.FromSeconds(5);

    private readonly LiveDescriber _describer;
    private readonly Fleet _fleet;
    private readonly ModeHistory _history;
    private readonly ModeController _modes;
    private readonly FleetClock _clock;
    private readonly AsyncAutoResetEvent _wake;
    private readonly Lock _lock = new();
    private readonly List<LiveSubscriber> _subscribers = [];
    private readonly LiveEvents _events = new();
    private ImmutableArray<HistoryEntry> _entries = [];
    private Task _reading = Task.CompletedTask;
    private volatile bool _hasModeChanged = true;
    private long _readAt;
    private long _historyReadAt;

    public LivePublisher(
        LiveDescriber describer,
        Fleet fleet,
        ModeHistory history,
        ModeController modes,
        BackgroundFailures failures,
        FleetClock clock
    )
        : base(failures, clock)
    {
        (_describer, _fleet, _history, _modes, _clock) = (describer, fleet, history, modes, clock);
        _wake = new AsyncAutoResetEvent(clock);
        modes.Changed += OnChanged;
    }

    /// <summary>Adds a page; null if there are too many.</summary>
    /// <param name="expect">How many instances its operator expects.</param>
    /// <param name="abort">Closes its connection.</param>
    public LiveSubscriber? Subscribe(int? expect, Action abort)
    {
        var subscriber = new LiveSubscriber(expect, abort);
        lock (_lock)
        {
            if (_subscribers.Count >= MaxPages)
                return null;
            _subscribers.Add(subscriber);
        }

        _wake.Set();
        return subscriber;
    }

    /// <summary>Removes a page that was closed.</summary>
    public void Unsubscribe(LiveSubscriber subscriber)
    {
        lock (_lock)
            _subscribers.Remove(subscriber);
        subscriber.End();
    }

    /// <summary>
    /// How long to wait between two readings of the store. A report is up to a second old when it is read, and must not expire before the
    /// next reading: its instance would seem to have vanished.
    /// </summary>
    public static TimeSpan ReadIntervalFor(int instances, TimeSpan heartbeatExpiry)
    {
        var (wanted, max) = (Interval + (ReadIntervalPerInstance * instances), (heartbeatExpiry - Interval) / 2);
        return wanted <= max ? wanted
            : max > Interval ? max
            : Interval;
    }

    public override void Dispose()
    {
        _modes.Changed -= OnChanged;
        base.Dispose();
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                var hasPages = Pages() is not [];
                if (hasPages)
                {
                    await ReadAsync(stopping).ConfigureAwait(false);
                    Publish();
                }

                await _wake.WaitAsync(hasPages ? Interval : Timeout.InfiniteTimeSpan, stopping).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var page in Pages())
                Unsubscribe(page);
        }
    }

    private LiveSubscriber[] Pages()
    {
        lock (_lock)
            return [.. _subscribers];
    }

    private void Publish()
    {
        var pages = Pages();
        _events.Take(_describer.Describe(_entries, pages.Select(page => page.Expect)));
        var now = _clock.GetUtcNow();
        // Pages that expect the same number of instances get the same bytes.
        foreach (var same in pages.ToLookup(page => (page.Expect, page.HasAll)))
        {
            var (expect, hasAll) = same.Key;
            var bytes = hasAll ? _events.Changes(expect, now) : _events.Whole(expect, now);
            foreach (var page in same)
            {
                page.HasAll = true;
                page.Send(bytes);
            }
        }
    }

    // Waits a little for what is read: a page that has just been opened shows the whole fleet at once.
    private async Task ReadAsync(CancellationToken stopping)
    {
        var hasModeChanged = _hasModeChanged;
        var interval = ReadIntervalFor(_fleet.KnownOthers.Count, _fleet.HeartbeatExpiry);
        if (!_reading.IsCompleted || !(hasModeChanged || IsDue(_readAt, interval)))
            return;
        _hasModeChanged = false;
        _readAt = _clock.GetTimestamp();
        _reading = ReadStoreAsync(hasModeChanged || IsDue(_historyReadAt, HistoryInterval), stopping);
        await Task.WhenAny(_reading, Task.Delay(Interval / 2, _clock, stopping)).ConfigureAwait(false);
    }

    private async Task ReadStoreAsync(bool withHistory, CancellationToken stopping)
    {
        try
        {
            await _fleet.ReadOthersAsync(stopping).ConfigureAwait(false);
            if (!withHistory)
                return;
            _historyReadAt = _clock.GetTimestamp();
            _entries = [.. await _history.ReadAsync(stopping).ConfigureAwait(false)];
        }
        catch (ModeStoreException)
        {
            // StoreHealth has the problem, which the page shows; what was known before remains.
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    // A tick of a timer that is a little early counts too.
    private bool IsDue(long last, TimeSpan interval) => _clock.GetElapsedTime(last) >= interval - TimeSpan.FromMilliseconds(50);

    private void OnChanged(ModeState state)
    {
        _hasModeChanged = true;
        _wake.Set();
    }
}
