using Router.Background;
using Router.Configuration;
using Router.Http;
using Router.Modes;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>
/// What upstreams need while nobody asks for them: idle connections that have ended or grown old are closed, and the probe path of every
/// address that has one is asked for at its interval. An address whose probe fails gets no requests while another one works;
/// the next probe that is answered brings it back. A backend that the mode closes is left in peace.
/// </summary>
public sealed partial class UpstreamMaintenance(CurrentSite site, UpstreamRegistry upstreams, ModeController modes, BackgroundFailures failures, TimeProvider time, ILogger<UpstreamMaintenance> logger)
    : BackgroundLoop(failures, time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time = time;

    /// <inheritdoc/>
    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            upstreams.Sweep();
            foreach (var endpoint in upstreams.All.SelectMany(upstream => upstream.Destinations))
                endpoint.Pool.Sweep();
            foreach (var upstream in site.Current.Backends.Where(upstream => upstream.Settings.ProbePath is not null && modes.Current.Reaches(upstream.Settings.Kind, "GET")))
            {
                foreach (var endpoint in upstream.Destinations.Where(endpoint => IsDue(endpoint, upstream.Settings)))
                    endpoint.LastProbe = (_time.GetTimestamp(), ProbeAsync(endpoint, upstream.Settings, stopping));
            }
        }
    }

    private bool IsDue(Destination endpoint, BackendSettings backend) =>
        endpoint.LastProbe is not { } last || (last.Running.IsCompleted && _time.GetElapsedTime(last.At) >= backend.ProbeInterval);

    private async Task ProbeAsync(Destination endpoint, BackendSettings backend, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(backend.ProbeInterval, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        using var probe = new BackendRequest(HttpMethod.Get, backend.ProbePath!) { RequestUri = endpoint.Address, Cancellation = both.Token };
        var works = false;
        try
        {
            using var answer = await endpoint.Transport.SendAsync(probe).ConfigureAwait(false);
            works = (int)answer.StatusCode < 500;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException)
        {
            if (stopping.IsCancellationRequested)
                return;
        }

        if (endpoint.Probed(works))
            LogChanged(endpoint.Address.GetLeftPart(UriPartial.Authority), backend.Name, works ? "answers its probe again" : "does not answer its probe");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Address} of backend {Backend} {Change}.")]
    private partial void LogChanged(string address, string backend, string change);
}
