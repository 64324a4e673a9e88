using Router.Configuration;
using Router.Modes;

namespace Router.Tests.SafeModel;

/// <summary>
/// One schedule: clients write throughout, instances fail in every way, and an operator closes the site, waits for SAFE and restores.
/// All of it follows from the seed.
/// </summary>
internal sealed class SimWorld
{
    public const long SettleTime = 6_000;
    public const long DrainLimit = 4_000;
    public const long ResponseTimeout = 9_000;
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PUT"];
    private static readonly int[] WallClockErrors = [0, 0, -15_000, -1_200, 60_000];
    private const long Length = 90_000;

    private readonly List<SimInstance> _instances = [];
    private readonly SimOperator _operator;
    private readonly int _seed;
    private readonly long _maxGap;
    private int _starts;

    public SimWorld(int seed, Fix without)
    {
        (_seed, Without, Random) = (seed, without, new Random(seed));
        Store = new SimStore(
            Time,
            new ModeRecord
            {
                Version = new(1),
                Steps =
                [
                    new ModeStep
                    {
                        Mode = Live,
                        At = SimTime.Start,
                        Made = new(1),
                    },
                ],
            }
        );
        Application = new SimApplication(Time, Committed);
        // A fault in one write is hidden where others delay the verdict.
        _maxGap = Random.Next(2) == 0 ? 400 : 3_000;
        var lease = Random.Next(2) == 0 ? TimeSpan.FromSeconds(8) : (TimeSpan?)null;
        for (var i = 1; i <= 3; i++)
            Start($"router-{i}", Random.Next(3) == 0 ? null : lease);
        _operator = new SimOperator(this);
        Client();
        Time.After(Random.NextInt64(1_000, 25_000), Trouble);
    }

    public static TimeSpan Expiry { get; } = TimeSpan.FromSeconds(5);

    public static Mode Live { get; } = ModeCatalogue.All.Single(mode => mode.Name == "live");

    public Fix Without { get; }

    public Random Random { get; }

    public SimTime Time { get; } = new();

    public SimStore Store { get; }

    public SimApplication Application { get; }

    public IReadOnlyList<SimInstance> Instances => _instances;

    /// <summary>What broke the property first; null where it held.</summary>
    public string? Violation { get; private set; }

    /// <summary>How often the verdict was SAFE.</summary>
    public int Restores => _operator.Restores;

    public string? Run()
    {
        Time.RunUntil(Length);
        foreach (var instance in _instances)
            instance.Dispose();
        return Violation;
    }

    /// <summary>How long the application may go on with a write whose connection is gone: up to the whole settle time.</summary>
    public long Settle() => Random.Next(3) == 0 ? SettleTime : Random.NextInt64(SettleTime);

    /// <summary>Whether an instance on the same host can see that a process has ended.</summary>
    public bool HasEnded(string id, string host) =>
        _instances.First(instance => instance.Id == id) is { IsAlive: false } dead && dead.Name == host;

    /// <summary>A write is on its way to the application.</summary>
    public void Admitted(SimInstance instance, SimWrite write)
    {
        // One that could reach the store all the time knows of a closing by then, or waits until it does.
        var before = Time.Now - Expiry.TotalMilliseconds;
        if (before > instance.CutOffUntil && _operator.ClosedSince is { } closed && before > closed)
            Violate($"{write} was admitted {Time.Now - closed} ms after the closing");
    }

    private void Committed(SimWrite write)
    {
        if (_operator.SafeSince is not { } safe)
            return;
        var instance = _instances.First(instance => instance.Id == write.Through);
        Violate($"{write}, was committed {Time.Now - safe} ms after SAFE; {instance}");
    }

    private void Violate(string what) => Violation ??= $"Seed {_seed}, {Time.Now} ms: {what}";

    private SimInstance Start(string name, TimeSpan? lease)
    {
        // Within 20 ms of the store's clock, or as far off as a wall clock was in the drills.
        var error = Without == Fix.OneClock ? WallClockErrors[Random.Next(WallClockErrors.Length)] : Random.Next(-10, 11);
        var instance = new SimInstance(this, name, $"{name}/{_starts++}", lease, TimeSpan.FromMilliseconds(error));
        _instances.Add(instance);
        return instance;
    }

    private void Client()
    {
        // Cut off from the store is not cut off from the clients.
        var reachable = _instances.Where(instance => instance.IsAlive).ToArray();
        if (reachable is not [])
        {
            var instance = reachable[Random.Next(reachable.Length)];
            var isUpgraded = Random.Next(12) == 0;
            var work =
                isUpgraded ? Random.NextInt64(300, 2_000)
                : Random.Next(3) == 0 ? Random.NextInt64(12_000)
                : Random.NextInt64(400);
            var write = new SimWrite(
                isUpgraded ? "GET" : Methods[Random.Next(Methods.Length)],
                isUpgraded,
                Random.Next(2) == 0 ? BackendKind.Api : BackendKind.Frontend,
                work
            );
            instance.Arrive(write);
            if (Random.Next(4) == 0)
                Time.After(Random.NextInt64(4_000), () => instance.ClientLeaves(write));
        }

        Time.After(Random.NextInt64(20, _maxGap), Client);
    }

    private void Trouble()
    {
        // One that has never reported is in nobody's list: it is taken to serve from its first report on.
        var running = _instances
            .Where(instance => instance is { IsAlive: true, IsStopping: false } && Store.Reports.ContainsKey(instance.Id))
            .ToArray();
        if (running is not [])
        {
            var one = running[Random.Next(running.Length)];
            switch (Random.Next(7))
            {
                case 0 or 1:
                    one.CutOffUntil = Time.Now + Random.NextInt64(500, 40_000);
                    // The platform starts another one in its place, and leaves it as it is.
                    if (Random.Next(2) == 0)
                    {
                        var name = Random.Next(2) == 0 ? one.Name : $"router-{4 + _starts}";
                        Time.After(Random.NextInt64(8_000), () => Start(name, one.Lease));
                    }

                    break;
                case 2 or 3:
                    one.Kill();
                    if (Random.Next(4) != 0)
                        Time.After(Random.NextInt64(300, 6_000), () => Start(one.Name, one.Lease));
                    break;
                case 4 or 5:
                    one.Pause(Random.NextInt64(200, 30_000));
                    break;
                default:
                    one.Stop();
                    Time.After(Random.NextInt64(3_000, 6_000), () => Start(one.Name, one.Lease));
                    break;
            }
        }

        Time.After(Random.NextInt64(2_000, 25_000), Trouble);
    }
}
