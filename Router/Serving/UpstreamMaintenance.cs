using Router.Background;
using Router.Configuration;
using Router.Http;
using Router.Modes;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>
/// Background maintenance of upstreams: closes idle connections that have ended or grown old, and requests the probe path of every address
/// that has one at its interval. An address whose probe fails gets no requests while another address works; the next successful probe
/// brings it back. A backend that the mode closes is not probed.
/// </summary>
public sealed partial class UpstreamMaintenance(
    CurrentSite site,
    UpstreamRegistry upstreams,
    ModeController modes,
    BackgroundFailures failures,
    TimeProvider time,
    ILogger<UpstreamMaintenance> logger
) : BackgroundLoop(failures, time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time = time;

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            upstreams.Prune();
            foreach (var destination in upstreams.All.SelectMany(upstream => upstream.Destinations))
                destination.Pool.Prune();
            foreach (
                var upstream in site.Current.Backends.Where(upstream =>
                    upstream.Settings.ProbePath is not null && modes.Current.Reaches(upstream.Settings.Kind, "GET")
                )
            )
            {
                foreach (var destination in upstream.Destinations.Where(destination => IsDue(destination, upstream.Settings)))
                    destination.LastProbe = (_time.GetTimestamp(), ProbeAsync(destination, upstream.Settings, stopping));
            }
        }
    }

    private bool IsDue(Destination destination, BackendSettings backend) =>
        destination.LastProbe is not { } last || (last.Running.IsCompleted && _time.GetElapsedTime(last.At) >= backend.ProbeInterval);

    private async Task ProbeAsync(Destination destination, BackendSettings backend, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(backend.ProbeInterval, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        using var probe = new BackendRequest(HttpMethod.Get, backend.ProbePath!)
        {
            RequestUri = destination.Address,
            Cancellation = both.Token,
        };
        var works = false;
        try
        {
            using var response = await destination.Transport.SendAsync(probe).ConfigureAwait(false);
            works = (int)response.StatusCode < 500;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            if (stopping.IsCancellationRequested)
                return;
        }

        if (destination.Probed(works))
            LogChanged(
                destination.Address.GetLeftPart(UriPartial.Authority),
                backend.Name,
                works ? "responds to its probe again" : "does not respond to its probe"
            );
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Address} of backend {Backend} {Change}.")]
    private partial void LogChanged(string address, string backend, string change);
}
