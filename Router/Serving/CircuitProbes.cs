using Router.Background;
using Router.Modes;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>
/// Probes addresses with an open circuit breaker in the background, so that a recovered backend gets requests again at once. A backend that
/// the mode closes is not probed: what was known about it will mean nothing when it opens again, and is discarded.
/// </summary>
public sealed class CircuitProbes(UpstreamRegistry upstreams, ModeController modes, BackgroundFailures failures, TimeProvider time)
    : BackgroundLoop(failures, time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time = time;

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            foreach (var upstream in upstreams.All)
            {
                var isReached = modes.Current.Reaches(upstream.Settings.Kind, "GET");
                foreach (var destination in upstream.Destinations)
                {
                    if (isReached)
                        destination.Connector.ProbeIfDue(stopping);
                    else
                        destination.Connector.ResetFailures();
                }
            }
        }
    }
}
