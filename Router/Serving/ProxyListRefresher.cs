using Router.Access;

namespace Router.Serving;

/// <summary>
/// Reads the lists of trusted proxies: once before the first request is taken, and then each at its interval.
/// A list that can't be read keeps the site from nothing.
/// </summary>
public sealed class ProxyListRefresher(CurrentSite site, IHttpClientFactory clients, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // The largest of these lists that is published has two million bytes.
    private const int MostBytes = 16 << 20;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(false);
            await RefreshAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task RefreshAsync(CancellationToken stopping)
    {
        ProxyList[] due = [.. site.Current.Proxies.Lists.Where(list => list.IsDue)];
        if (due is [])
            return;
        using var client = clients.CreateClient(nameof(ProxyListRefresher));
        client.MaxResponseContentBufferSize = MostBytes;
        client.Timeout = Timeout.InfiniteTimeSpan;
        await Task.WhenAll(due.Select(list => list.RefreshAsync(client, stopping))).ConfigureAwait(false);
        // The site of now, not that of before the reading: CurrentSite combines as well when it puts another one in force,
        // and whichever comes second has seen what the other did.
        site.Current.Proxies.Combine();
    }
}
