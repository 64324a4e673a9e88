using Router.Http;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Switching;

namespace Router.Tests.SafeModel;

/// <summary>
/// One instance: the product's mode controller, wait after a pause, reports and verdict, around a simulated forwarder and network.
/// </summary>
internal sealed partial class SimInstance : IDisposable
{
    private readonly SimWorld _world;
    private readonly ModeController _modes;
    private readonly StoreContact _contact;
    private readonly List<SimWrite> _open = [];
    private readonly List<UncertainWrite> _uncertain = [];
    private readonly List<Action> _whilePaused = [];
    private readonly List<SimWrite> _waiting = [];
    private DateTimeOffset? _settledBy;
    private readonly DateTimeOffset _started;
    private bool _isPaused;

    public SimInstance(SimWorld world, string name, string id, TimeSpan? lease, TimeSpan clockError)
    {
        (_world, Name, Id, Lease, Clock) = (world, name, id, lease, new SimClock(world.Time, clockError));
        _modes = new ModeController(Clock, world.Store.Record, lease);
        _contact = new StoreContact(Clock, SimWorld.Expiry);
        _started = world.Time.Clock;
        Beat();
        Drain();
        ShowThatItRuns();
    }

    public string Name { get; }

    public string Id { get; }

    public TimeSpan? Lease { get; }

    public SimClock Clock { get; }

    /// <summary>Whether its process runs, if only as one that is paused.</summary>
    public bool IsAlive { get; private set; } = true;

    public bool IsStopping { get; private set; }

    /// <summary>Until when it can't reach the store, in milliseconds. Its clients reach it.</summary>
    public long CutOffUntil { get; set; }

    public bool IsCutOff => _world.Time.Now < CutOffUntil;

    /// <summary>Whether an operator could ask it, with a response that rests on the store.</summary>
    public bool CanBeAsked => IsAlive && !IsStopping && !_isPaused && !IsCutOff;

    public void Dispose()
    {
        _modes.Dispose();
        _contact.Dispose();
    }

    public override string ToString()
    {
        var life = IsAlive
            ? _isPaused
                ? "paused"
                : IsStopping
                    ? "stopping"
                    : "running"
            : "ended";
        return $"{Id} ({life}, cut off until {CutOffUntil} ms, lease {Lease?.ToString() ?? "none"})";
    }

    /// <summary>A request arrives: a process that is paused has it in its queue.</summary>
    public void Arrive(SimWrite request) =>
        Run(() =>
        {
            if (IsStopping)
                return;
            request.Arrived = _world.Time.Now;
            if (_world.Without != Fix.RequestWaitsAfterAPause && _contact.IsStaleAt(Clock.GetTimestamp()))
            {
                _waiting.Add(request);
                // The wait is bounded: a process that is paused again meanwhile may let it through.
                // The verdict counts that process as vanished.
                _world.Time.After(10_000, () => Run(() => Admit(request, waitIsOver: true)));
            }
            else
            {
                Forward(request);
            }
        });

    public void ClientLeaves(SimWrite request) => Run(() => End(request, "client_gone", _world.Without != Fix.AbandonedWriteIsListed));

    public void Kill()
    {
        IsAlive = false;
        foreach (var write in _open)
            _world.Application.ConnectionGone(write, _world.Settle());
    }

    public void Pause(long milliseconds)
    {
        _isPaused = true;
        _world.Time.After(
            milliseconds,
            () =>
            {
                _isPaused = false;
                var queued = _whilePaused.ToArray();
                _whilePaused.Clear();
                // The scheduler, and not the order of arrival, decides what comes first after a pause.
                _world.Random.Shuffle(queued);
                foreach (var action in queued)
                    Run(action);
            }
        );
    }

    /// <summary>Stops in order: what is in flight has a moment, is cut, and the last report says so.</summary>
    public void Stop() =>
        Run(() =>
        {
            IsStopping = true;
            _world.Time.After(
                2_000,
                () =>
                    Run(() =>
                    {
                        foreach (var write in _open.ToArray())
                            End(write, "stopped", isListed: true);
                        var report = MakeReport() with { Stopped = true };
                        IsAlive = false;
                        if (!IsCutOff)
                            _world.Store.Put(report);
                    })
            );
        });

    /// <summary>Judges the fleet as for an operator: the record is read first.</summary>
    public Verdict Judge(int? expect)
    {
        _modes.Offer(_world.Store.Record);
        var state = _modes.State;
        var now = Clock.GetUtcNow();
        var reports = _world.Store.Reports.Values.Where(report => report.Id != Id).Append(MakeReport());
        if (_world.Without == Fix.VanishedInstanceIsNotOutvoted && expect is not null)
            reports = reports.Where(report => report.StateAt(now, SimWorld.Expiry) != InstanceState.Vanished);
        return Verdict.Of(FleetState.Of(state, reports, now, SimWorld.Expiry), expect);
    }

    /// <summary>Records the end of another instance, as the product does.</summary>
    public void Acknowledge(InstanceReport report, bool isProven)
    {
        var end = new InstanceEnd(Clock.GetUtcNow(), Name, isProven);
        _world.Store.Reports[report.Id] =
            _world.Without == Fix.DeadInstanceLeavesItsOpenWrites ? report with { End = end } : report.EndedBy(end, _modes.State);
    }

    // A process that has ended does nothing; one that is paused does it later.
    private void Run(Action action)
    {
        if (!IsAlive)
            return;
        if (_isPaused)
            _whilePaused.Add(action);
        else
            action();
    }

    private void Admit(SimWrite request, bool waitIsOver = false)
    {
        if (_waiting.Remove(request))
            Forward(request, waitIsOver);
    }

    private void Forward(SimWrite request, bool waitIsOver = false)
    {
        if (IsStopping || !_modes.State.Mode.Reaches(request.Kind, request.ModeMethod))
            return;
        (request.Forwarded, request.Through) = (_world.Time.Now, Id);
        _open.Add(request);
        if (request.IsWrite && !waitIsOver)
            _world.Admitted(this, request);
        if (request.IsUpgraded)
        {
            Pass(request);
            return;
        }

        _world.Application.Begin(request, () => Run(() => _open.Remove(request)));
        _world.Time.After(SimWorld.ResponseTimeout, () => Run(() => End(request, "timeout", isListed: true)));
    }

    // What an upgraded connection's client sends goes on only through a process that runs, and not after its lease.
    private void Pass(SimWrite connection) =>
        _world.Time.After(
            connection.Work,
            () =>
                Run(() =>
                {
                    if (!_open.Contains(connection) || _modes.State.IsLapsed)
                        return;
                    _world.Application.Receive(connection, _world.Settle());
                    Pass(connection);
                })
        );

    // It is in the list of writes of unknown outcome before it leaves those in flight.
    private void End(SimWrite write, string reason, bool isListed)
    {
        if (!_open.Contains(write))
            return;
        if (isListed && IsListedWrite(write))
        {
            var now = Clock.GetUtcNow();
            var settles = _world.Without == Fix.CutWriteSettles ? now : now.AddMilliseconds(SimWorld.SettleTime);
            _settledBy = _settledBy > settles ? _settledBy : settles;
            var isIdempotent = RequestMethods.IsIdempotent(write.Method) && !write.IsUpgraded;
            _uncertain.Add(
                new UncertainWrite(now, "www", write.Method, "www.example.org", "/save", null, reason, null, isIdempotent, settles)
            );
        }

        _open.Remove(write);
        _world.Application.ConnectionGone(write, _world.Settle());
    }

    private bool IsListedWrite(SimWrite write) => write.IsWrite && (_world.Without != Fix.PutIsAWrite || write.Method != "PUT");

    private bool IsHeld(SimWrite write, ModeState state) =>
        !state.Mode.Reaches(write.Kind, write.ModeMethod)
        && !(_world.Without == Fix.ReadOnlyClosesWebSockets && write.IsUpgraded && state.Mode == ModeCatalogue.ReadOnly);
}
