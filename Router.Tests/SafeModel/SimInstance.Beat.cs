using Router.Switching;

namespace Router.Tests.SafeModel;

// What it does by itself: it reads the record, reports, proves the end of others on its host, and drains.
internal sealed partial class SimInstance
{
    // Each leg of a round trip takes its own time, and what is done at its end meets whatever happened meanwhile.
    private void Beat()
    {
        var begun = _contact.Runs();
        Ask(
            () => _world.Store.Record,
            record =>
            {
                _modes.Offer(record);
                var report = MakeReport();
                var interval = StoreWatcher.IntervalFor(_modes.State, report, Clock.GetUtcNow());
                Ask(
                    () => Register(report),
                    _ =>
                    {
                        ObserveOthers();
                        Tried(begun);
                        _modes.Renew(begun);
                        Again(interval);
                    },
                    () => Failed(begun)
                );
            },
            () => Failed(begun)
        );
    }

    // The product's timer: after a pause it may run before or after anything else that was due.
    private void ShowThatItRuns()
    {
        _contact.Runs();
        _world.Time.After((long)_contact.Interval.TotalMilliseconds, () => Run(ShowThatItRuns));
    }

    private InstanceReport Register(InstanceReport report)
    {
        _world.Store.Put(report);
        return report;
    }

    private void Ask<T>(Func<T> store, Action<T> responded, Action failed)
    {
        var way = _world.Random.Next(1, 60);
        _world.Time.After(
            way,
            () =>
            {
                // What is on its way arrives, though its sender be dead or paused.
                if (IsCutOff)
                {
                    _world.Time.After(1_000, () => Run(failed));
                    return;
                }

                var response = store();
                _world.Time.After(
                    way,
                    () =>
                        Run(() =>
                        {
                            if (IsCutOff)
                                failed();
                            else
                                responded(response);
                        })
                );
            }
        );
    }

    private void Failed(long begun)
    {
        Tried(begun);
        Again(TimeSpan.FromSeconds(1));
    }

    private void Tried(long begun)
    {
        _contact.Tried(begun);
        foreach (var request in _waiting.ToArray())
        {
            if (!_contact.IsStaleAt(request.Arrived * TimeSpan.TicksPerMillisecond))
                Admit(request);
        }
    }

    private void Again(TimeSpan interval)
    {
        if (!IsStopping)
            _world.Time.After((long)interval.TotalMilliseconds, () => Run(Beat));
    }

    private void ObserveOthers()
    {
        var others = _world.Store.Reports.Values.Where(report => report is { Stopped: false, End: null } && report.Id != Id);
        foreach (var report in others.ToArray())
        {
            var isProven =
                _world.Without == Fix.EndIsProven ? report.Name == Name && report.Started < _started : _world.HasEnded(report.Id, Name);
            if (isProven)
                Acknowledge(report, isProven: true);
        }
    }

    private void Drain()
    {
        var state = _modes.State;
        foreach (var write in _open.Where(write => IsHeld(write, state)).ToArray())
        {
            var passed = Clock.GetElapsedTime(state.ActivatedAt);
            // An upgraded connection is asked to close at once, and has two seconds.
            if (
                write.IsUpgraded
                    ? passed >= TimeSpan.FromSeconds(2)
                    : Switching.Drain.IsCutDue(state, passed, TimeSpan.FromMilliseconds(SimWorld.DrainLimit))
            )
                End(write, "cut", isListed: true);
        }

        if (IsAlive)
            _world.Time.After(200, () => Run(Drain));
    }

    private InstanceReport MakeReport()
    {
        var state = _modes.State;
        var (now, open) = (Clock.GetUtcNow(), _open.Where(IsReported).ToArray());
        var report = new InstanceReport
        {
            Name = Name,
            Id = Id,
            At = now,
            Started = _started,
            Version = state.Record.Version,
            StepMade = state.Step.Made,
            Mode = state.Mode.Name,
            Since = state.Since,
            BlockingCount = _open.Count(write => IsHeld(write, state)),
            OpenWriteCount = open.Length,
            OpenWrites = [.. open.Select(write => write.Describe(_world.Time.Now))],
            UncertainCount = _uncertain.Count,
            UncertainWrites = [.. _uncertain.TakeLast(50)],
            UncertainSettledBy = _settledBy,
            WriteSettleSeconds = _world.Without == Fix.CutWriteSettles ? 0 : SimWorld.SettleTime / 1000.0,
            // The margin of two seconds is the product's own.
            DrainLimitSeconds = _world.Without == Fix.LeaseCountsDrainAndMargin ? -2 : SimWorld.DrainLimit / 1000.0,
            LeaseSeconds = Lease?.TotalSeconds,
        };
        return report;

        bool IsReported(SimWrite write) => IsListedWrite(write) && !(_world.Without == Fix.ReadOnlyClosesWebSockets && write.IsUpgraded);
    }
}
