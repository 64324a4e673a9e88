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
    /// <summary>Contacts each, and returns the results.</summary>
    public static async Task<IReadOnlyList<CheckedConnection>> RunAsync(IServiceProvider services)
    {
        var site = services.GetRequiredService<CurrentSite>().Current;
        await services.GetRequiredService<ProxyListRefresher>().RefreshAllAsync(CancellationToken.None).ConfigureAwait(false);
        return await Task.WhenAll([
                .. from upstream in site.Backends from endpoint in upstream.Destinations select BackendAsync(upstream.Settings, endpoint),
                StoreAsync(services.GetRequiredService<IModeStore>()),
                .. site.Proxies.Lists.Where(list => list.Settings.Location is not null).Select(list => Task.FromResult(ListOf(list))),
            ])
            .ConfigureAwait(false);
    }

    private static async Task<CheckedConnection> BackendAsync(BackendSettings backend, Destination destination)
    {
        var what = $"Backend {backend.Name} at {destination.Address.GetLeftPart(UriPartial.Authority)}";
        try
        {
            var (stream, _, _) = await destination.Connector.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            return new CheckedConnection(what, null, "connected");
        }
        catch (BackendException failure)
        {
            var cause = failure.InnerException is null ? "" : $" ({failure.GetBaseException().Message.TrimEnd('.')})";
            return new CheckedConnection(
                what,
                $"{ForwardFailures.NameOf(failure.Failure)}{cause}. See Router:Backends:{backend.Name}:Address",
                null
            );
        }
    }

    private static async Task<CheckedConnection> StoreAsync(IModeStore store)
    {
        var what = $"Mode store, {store.Name}";
        try
        {
            await store.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            return new CheckedConnection(what, null, "read");
        }
        catch (ModeStoreException failure)
        {
            // The message about Redis already says what to do.
            return new CheckedConnection(
                what,
                store is RedisModeStore ? failure.Message : $"{failure.Message}. See Router:ModeStore:File",
                null
            );
        }
    }

    private static CheckedConnection ListOf(ProxyList list)
    {
        var what = $"Trusted proxies {list.Settings.Name} from {list.Settings.Location}";
        return list.Problem is { } problem
            ? new CheckedConnection(what, $"{problem}. See Router:TrustedProxyLists:{list.Settings.Name}:Source", null)
            : new CheckedConnection(what, null, $"{list.Ranges.Length} ranges");
    }
}
