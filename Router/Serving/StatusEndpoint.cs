using Router.Configuration;
using Router.Http;
using Router.Metrics;
using Router.Modes;
using Router.Pages;
using Router.Switching;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>The health check. It uses memory only, so that it responds at once whatever the state of the backends.</summary>
public sealed class StatusEndpoint(CurrentSite site, UpstreamRegistry upstreams, ModeController modes, StoreHealth store, FleetClock time)
{
    /// <summary>Responds 200 with the status.</summary>
    public Task HandleAsync(HttpContext context) =>
        ReadableJson.WriteAsync(
            context,
            Describe(context.Request.Query.ContainsKey("ignore-dependencies")),
            StatusJson.Default.StatusDocument
        );

    private StatusDocument Describe(bool alone)
    {
        var (settings, state, now) = (site.Current.Settings, modes.State, time.GetUtcNow());
        var overrun = state.OverrunAt(now);
        return new StatusDocument(
            "ok",
            state.Mode.Name,
            state.Since,
            state.Step.Until,
            overrun > TimeSpan.Zero ? Math.Round(overrun.TotalSeconds) : null,
            state.WarningAt(now),
            store.Problem,
            store.Isolation,
            settings.ApplicationName,
            BuildInfo.Version,
            settings.Release,
            settings.Stage,
            settings.Instance,
            alone ? null : [.. site.Current.Backends.Select(upstream => Describe(upstream, upstreams.InFlight(upstream.Settings.Name)))]
        );
    }

    private static BackendStatus Describe(Upstream upstream, int inFlight)
    {
        var seen = upstream.LastSeen;
        return new BackendStatus(
            upstream.Settings.Name,
            upstream.Settings.Kind.JsonName(),
            seen is null ? null : seen.Failure is null,
            seen?.At,
            seen?.Failure is { } failure ? ForwardFailures.NameOf(failure) : null,
            inFlight,
            [.. upstream.Destinations.Select(destination => new AddressStatus(destination.Circuit, destination.InFlight))]
        );
    }
}
