using Router.Configuration;
using Router.Modes;
using Router.Switching;

namespace Router.Tests.SafeModel;

/// <summary>
/// Closes the site, asks for the verdict through an instance that it reaches, forgets what has certainly ended, restores, and opens.
/// </summary>
internal sealed class SimOperator
{
    private readonly SimWorld _world;

    public SimOperator(SimWorld world)
    {
        _world = world;
        world.Time.After(world.Random.NextInt64(3_000, 12_000), Close);
    }

    /// <summary>Since when the restore runs, in milliseconds; null where none does.</summary>
    public long? SafeSince { get; private set; }

    /// <summary>Since when no write is admitted anywhere, by the record; null where that is not so.</summary>
    public long? ClosedSince { get; private set; }

    public int Restores { get; private set; }

    private void Close()
    {
        var mode = ModeCatalogue.All[
            _world.Random.Next(4) == 0 ? 1
            : _world.Random.Next(6) == 0 ? 2
            : 3
        ];
        if (!Set(mode))
        {
            _world.Time.After(500, Close);
            return;
        }

        var last = _world.Store.Record.Steps[^1];
        if (!mode.AllowsWrites)
            ClosedSince = (long)(last.At - SimTime.Start).TotalMilliseconds + 20;
        Wait(_world.Time.Now + 45_000);
    }

    private void Wait(long until)
    {
        if (Any() is { } instance)
        {
            ForgetTheDead(instance);
            var verdict = instance.Judge(_world.Random.Next(3) == 0 ? null : 3);
            if (verdict.IsSafe || (verdict.State == VerdictState.ClosedToVisitors && _world.Without == Fix.RecoveryIsNotSafe))
            {
                SafeSince = _world.Time.Now;
                Restores++;
                _world.Time.After(20_000, Open);
                return;
            }
        }

        if (_world.Time.Now >= until)
            Open();
        else
            _world.Time.After(_world.Random.NextInt64(100, 700), () => Wait(until));
    }

    private void Open()
    {
        SafeSince = ClosedSince = null;
        _world.Time.After(Set(SimWorld.Live) ? _world.Random.NextInt64(4_000, 12_000) : 500, Next);

        void Next()
        {
            if (_world.Store.Record.Steps[^1].Mode == SimWorld.Live)
                Close();
            else
                Open();
        }
    }

    private bool Set(Mode mode)
    {
        if (Any() is not { } instance)
            return false;
        var (record, now) = (_world.Store.Record, instance.Clock.GetUtcNow());
        var change = new ModeChange { Mode = mode };
        if (ModeChanges.Apply(record, record.IndexAt(now), change, now, TimeSpan.FromSeconds(2), new ValidationErrors()) is not { } next)
            return false;
        _world.Store.Record = next;
        return true;
    }

    // It looks at the process, and not at the report: what is only cut off or paused still runs.
    private void ForgetTheDead(SimInstance asked)
    {
        foreach (var report in _world.Store.Reports.Values.ToArray())
        {
            if (
                report.StateAt(asked.Clock.GetUtcNow(), SimWorld.Expiry) == InstanceState.Vanished
                && !_world.Instances.First(instance => instance.Id == report.Id).IsAlive
            )
                asked.Acknowledge(report, isProven: false);
        }
    }

    private SimInstance? Any()
    {
        var able = _world.Instances.Where(instance => instance.CanBeAsked).ToArray();
        return able is [] ? null : able[_world.Random.Next(able.Length)];
    }
}
