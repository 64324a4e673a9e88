using System.Collections.Immutable;
using Router.Switching;

namespace Router.Management;

/// <summary>
/// The requests and errors of the last minutes per backend, through all instances: the differences between the totals that the instances
/// report. It starts when the first page is opened, so that it costs nothing while nobody looks.
/// </summary>
public sealed class TrafficWindow
{
    /// <summary>How many intervals are kept.</summary>
    public const int Intervals = 60;

    /// <summary>How long an interval is.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // The mean duration is that of a minute.
    private const int LatencyIntervals = 12;

    private readonly Dictionary<(string Instance, string Backend), BackendTraffic> _last = [];
    private readonly Dictionary<string, Counts> _backends = new(StringComparer.OrdinalIgnoreCase);
    private long _interval;

    /// <summary>Takes what the instances report now.</summary>
    public void Observe(IEnumerable<InstanceReport> reports, DateTimeOffset now)
    {
        var interval = now.UtcTicks / Interval.Ticks;
        // After a pause the differences would be those of another time.
        var isContinued = interval - _interval is 0 or 1 && _last.Count > 0;
        Advance(interval);
        var seen = new HashSet<(string, string)>();
        foreach (var report in reports)
        {
            foreach (var traffic in report.Backends)
            {
                var key = (report.Id, traffic.Backend);
                seen.Add(key);
                var isKnown = _last.TryGetValue(key, out var last);
                // An instance that has just started has had all its requests since the last observation.
                if (isContinued && (isKnown || now - report.Started < Interval))
                    Add(traffic, last);
                _last[key] = traffic;
            }
        }

        foreach (var gone in _last.Keys.Where(key => !seen.Contains(key)).ToArray())
            _last.Remove(gone);
    }

    /// <summary>A backend's counts per interval, the oldest first, and the mean duration of the last minute.</summary>
    public (ImmutableArray<long> Requests, ImmutableArray<long> Errors, double? LatencySeconds) Of(string backend)
    {
        if (!_backends.TryGetValue(backend, out var counts))
            return ([.. new long[Intervals]], [.. new long[Intervals]], null);
        var (requests, seconds) = (0L, 0.0);
        for (var i = 0; i < LatencyIntervals; i++)
        {
            var at = Slot(_interval - i);
            (requests, seconds) = (requests + counts.Requests[at], seconds + counts.Seconds[at]);
        }

        return (Ordered(counts.Requests), Ordered(counts.Errors), requests > 0 ? Math.Round(seconds / requests, 4) : null);
    }

    private void Add(BackendTraffic now, BackendTraffic? before)
    {
        if (!_backends.TryGetValue(now.Backend, out var counts))
            _backends[now.Backend] = counts = new Counts();
        var at = Slot(_interval);
        // A total never falls: an instance that starts again has another id.
        counts.Requests[at] += now.Requests - (before?.Requests ?? 0);
        counts.Errors[at] += now.Errors - (before?.Errors ?? 0);
        counts.Seconds[at] += now.Seconds - (before?.Seconds ?? 0);
    }

    private void Advance(long interval)
    {
        for (var next = Math.Max(_interval + 1, interval - Intervals + 1); next <= interval; next++)
        {
            foreach (var counts in _backends.Values)
                (counts.Requests[Slot(next)], counts.Errors[Slot(next)], counts.Seconds[Slot(next)]) = (0, 0, 0);
        }

        _interval = Math.Max(_interval, interval);
    }

    private ImmutableArray<long> Ordered(long[] ring) =>
        [.. Enumerable.Range(1, Intervals).Select(i => ring[Slot(_interval - Intervals + i)])];

    private static int Slot(long interval) => (int)(interval % Intervals);

    private sealed class Counts
    {
        public long[] Requests { get; } = new long[Intervals];

        public long[] Errors { get; } = new long[Intervals];

        public double[] Seconds { get; } = new double[Intervals];
    }
}
