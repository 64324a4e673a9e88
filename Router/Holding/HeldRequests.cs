using System.Net;
using Router.Configuration;
using Router.Modes;
using Router.Upstreams;

namespace Router.Holding;

/// <summary>
/// The requests that wait for the mode to open, oldest first. When it opens, they continue at a rate that doubles each second, and no
/// faster than their backends have permits, so that a backend that has just recovered is not overloaded. A request that arrives meanwhile
/// waits behind those that came before it to the same backend.
/// </summary>
public sealed class HeldRequests : IDisposable
{
    /// <summary>How often the queue is processed while a request waits. A change of the mode is processed at once.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly ModeController _modes;
    private readonly HoldSettings _settings;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly LinkedList<HeldRequest> _waiting = new();
    private readonly Dictionary<Upstream, int> _waitingFor = [];
    private readonly ReleaseRate _rate;
    private volatile bool _isReleasing;
    private bool _isStopping;

    public HeldRequests(ModeController modes, RouterSettings settings, TimeProvider time)
    {
        (_modes, _settings, _time) = (modes, settings.Hold, time);
        _rate = new ReleaseRate(settings.Hold.ReleaseRate, time);
        _timer = time.CreateTimer(static self => ((HeldRequests)self!).Process(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        modes.Changed += OnChanged;
    }

    /// <summary>
    /// Whether a new request waits behind others that are being released to the same backend. If that backend has no available destination,
    /// the request fails at once. A backend that is slow or down delays no request to another one.
    /// </summary>
    public bool MustQueue(Upstream? upstream)
    {
        // The one thing that a request asks in an open mode.
        if (!_isReleasing || upstream is null || !IsAvailable(upstream))
            return false;
        lock (_lock)
            return _waitingFor.ContainsKey(upstream);
    }

    /// <summary>How many requests wait, and for how long the oldest has.</summary>
    public (int Count, TimeSpan Oldest) Waiting
    {
        get
        {
            lock (_lock)
                return (_waiting.Count, _waiting.First is { } oldest ? _time.GetElapsedTime(oldest.Value.Since) : TimeSpan.Zero);
        }
    }

    /// <summary>How long a request may wait in a mode.</summary>
    public TimeSpan TimeoutIn(ModeState state) => state.Step.HoldTimeout ?? _settings.Timeout;

    /// <summary>
    /// By how much the mode has been holding requests for longer than one may wait, with no change scheduled to end it; zero otherwise.
    /// </summary>
    public TimeSpan OverdueIn(ModeState state, DateTimeOffset now) =>
        state.Mode.HoldsAnything && state.Next is null && now - state.Since - TimeoutIn(state) is var over && over > TimeSpan.Zero
            ? over
            : TimeSpan.Zero;

    /// <summary>Adds a request. Await its end, and call <see cref="Cancel"/> if its client disconnects.</summary>
    /// <param name="kind">The kind of its backend.</param>
    /// <param name="modeMethod">The method used to check the mode.</param>
    /// <param name="client">Its client's IP address.</param>
    /// <param name="upstream">Its backend; null for a file that Router serves.</param>
    /// <param name="state">The mode in which it waits.</param>
    /// <param name="since">When it first began to wait, if it has waited before; null otherwise.</param>
    public HeldRequest Add(BackendKind kind, string modeMethod, IPAddress client, Upstream? upstream, ModeState state, long? since)
    {
        var began = since ?? _time.GetTimestamp();
        var deadline = began + (long)(TimeoutIn(state).TotalSeconds * _time.TimestampFrequency);
        var request = new HeldRequest(kind, modeMethod, client, upstream, began, deadline);
        HoldEnd? refused = null;
        lock (_lock)
        {
            if (_isStopping)
                refused = HoldEnd.Stopping;
            else if (_waiting.Count >= _settings.MaxRequests)
                refused = HoldEnd.Rejected;
            else
            {
                request.Node = AddInOrder(request);
                if (upstream is not null)
                    _waitingFor[upstream] = _waitingFor.GetValueOrDefault(upstream) + 1;
                if (_waiting.Count == 1)
                    SetTimer(Tick);
            }
        }

        if (refused is { } end)
            request.End(end);
        // The mode may have changed between the check of the request and its entry.
        else if (!ReferenceEquals(_modes.State, state))
            SetTimer(TimeSpan.Zero);
        return request;
    }

    /// <summary>The client has disconnected: the request leaves the queue.</summary>
    public void Cancel(HeldRequest request)
    {
        lock (_lock)
        {
            if (!Remove(request))
                return;
        }

        request.End(HoldEnd.ClientGone);
    }

    /// <summary>This instance is stopping: nothing waits any more, nor from now on.</summary>
    public void Stop()
    {
        List<HeldRequest> all;
        lock (_lock)
        {
            _isStopping = true;
            all = [.. _waiting];
            foreach (var request in all)
                Remove(request);
        }

        all.ForEach(request => request.End(HoldEnd.Stopping));
    }

    public void Dispose()
    {
        _modes.Changed -= OnChanged;
        _timer.Dispose();
    }

    // A request that waits for the second time keeps its turn.
    private LinkedListNode<HeldRequest> AddInOrder(HeldRequest request)
    {
        var before = _waiting.Last;
        while (before is not null && before.Value.Since > request.Since)
            before = before.Previous;
        return before is null ? _waiting.AddFirst(request) : _waiting.AddAfter(before, request);
    }

    private void OnChanged(ModeState state)
    {
        // Not here: the handlers of this event keep requests waiting that check the mode.
        lock (_lock)
        {
            if (_waiting.Count > 0)
                SetTimer(TimeSpan.Zero);
        }
    }

    private void Process()
    {
        // Read before the lock: reading the state may put a step in force, which calls back.
        var (state, isStale) = (_modes.State, _modes.IsStale);
        List<(HeldRequest Request, HoldEnd End)> ended = [];
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var (budget, mayContinue) = (-1, false);
            for (var node = _waiting.First; node is not null; )
            {
                var (request, next) = (node.Value, node.Next);
                var decision = state.For(request.Client, request.Kind).Mode.Decide(request.Kind, request.ModeMethod);
                HoldEnd? end =
                    decision == ModeDecision.Close ? HoldEnd.Closed
                    : now >= request.Deadline ? HoldEnd.Expired
                    : null;
                // The mode may have changed while this process was suspended: nothing is released before the store has been read.
                if (end is null && decision == ModeDecision.Allow && !isStale)
                {
                    mayContinue = true;
                    if (budget < 0)
                        budget = _rate.Take(_isReleasing);
                    if (budget > 0 && TryTakePermit(request))
                    {
                        budget--;
                        end = HoldEnd.Released;
                    }
                }

                if (end is { } known)
                {
                    Remove(request);
                    ended.Add((request, known));
                }

                node = next;
            }

            _isReleasing = mayContinue && _waiting.Count > 0;
            if (_waiting.Count > 0)
                SetTimer(Tick);
        }

        foreach (var (request, end) in ended)
            request.End(end);
    }

    // A circuit that opened before the site closed would reject the request at once. It is probed while the mode is open.
    private static bool TryTakePermit(HeldRequest request)
    {
        // One that a reload has retired is no longer probed: its requests are matched again, and go to what has replaced it.
        if (request.Upstream is not { IsRetired: false } upstream)
            return true;
        if (!IsAvailable(upstream) || upstream.TryTakePermit() is not { } permit)
            return false;
        request.Permit = permit;
        return true;
    }

    private static bool IsAvailable(Upstream upstream)
    {
        foreach (var destination in upstream.Destinations)
        {
            if (destination.IsAvailable)
                return true;
        }

        return false;
    }

    private bool Remove(HeldRequest request)
    {
        if (request.Node is not { } node)
            return false;
        _waiting.Remove(node);
        request.Node = null;
        if (request.Upstream is { } upstream && --_waitingFor[upstream] == 0)
            _waitingFor.Remove(upstream);
        if (_waiting.Count == 0)
        {
            _isReleasing = false;
            SetTimer(Timeout.InfiniteTimeSpan);
        }

        return true;
    }

    private void SetTimer(TimeSpan due) => _timer.Change(due, Timeout.InfiniteTimeSpan);
}
