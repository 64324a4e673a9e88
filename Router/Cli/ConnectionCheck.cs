using Router.Access;
using Router.Configuration;
using Router.Http;
using Router.Modes.Stores;
using Router.Serving;
using Router.Upstreams;

namespace Router.Cli;

/// <summary>
/// <c>router check --connect</c>: contacts everything that the configuration names, without sending a request or changing anything.
/// </summary>
public static class ConnectionCheck
{
    /// <summary>Prints a line for each; false if one could not be contacted.</summary>
    public static async Task<bool> RunAsync(IServiceProvider services, TextWriter output)
    {
        var site = services.GetRequiredService<CurrentSite>().Current;
        await services.GetRequiredService<ProxyListRefresher>().RefreshAllAsync(CancellationToken.None).ConfigureAwait(false);
        var results = await Task.WhenAll([
                .. from upstream in site.Backends from endpoint in upstream.Destinations select BackendAsync(upstream.Settings, endpoint),
                StoreAsync(services.GetRequiredService<IModeStore>()),
                .. site.Proxies.Lists.Where(list => list.Settings.Location is not null).Select(list => Task.FromResult(ListOf(list))),
            ])
            .ConfigureAwait(false);
        await output.WriteLineAsync().ConfigureAwait(false);
        foreach (var (what, problem, good) in results)
            await output
                .WriteLineAsync(problem is null ? $"{what}: {good}." : $"{what}: FAILED: {problem.TrimEnd('.')}.")
                .ConfigureAwait(false);
        return results.All(result => result.Problem is null);
    }

    private static async Task<(string What, string? Problem, string Good)> BackendAsync(BackendSettings backend, Destination destination)
    {
        var what = $"Backend {backend.Name} at {destination.Address.GetLeftPart(UriPartial.Authority)}";
        try
        {
            var (stream, _, _) = await destination.Connector.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            return (what, null, "connected");
        }
        catch (BackendException failure)
        {
            var cause = failure.InnerException is null ? "" : $" ({failure.GetBaseException().Message.TrimEnd('.')})";
            return (what, $"{ForwardFailures.NameOf(failure.Failure)}{cause}. See Router:Backends:{backend.Name}:Address", "");
        }
    }

    private static async Task<(string What, string? Problem, string Good)> StoreAsync(IModeStore store)
    {
        var what = $"Mode store, {store.Name}";
        try
        {
            await store.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            return (what, null, "read");
        }
        catch (ModeStoreException failure)
        {
            return (what, $"{failure.Message}. See Router:ModeStore", "");
        }
    }

    private static (string What, string? Problem, string Good) ListOf(ProxyList list) =>
        (
            $"Trusted proxies {list.Settings.Name} from {list.Settings.Location}",
            list.Problem is { } problem ? $"{problem}. See Router:TrustedProxyLists:{list.Settings.Name}:Source" : null,
            $"{list.Ranges.Length} ranges"
        );
}
