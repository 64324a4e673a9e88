using Router.Access;
using Router.Background;

namespace Router.Serving;

/// <summary>
/// Reads the lists of trusted proxies: once before the first request is accepted, then each list at its interval. A list that cannot be
/// read does not stop the site.
/// </summary>
public sealed class ProxyListRefresher(CurrentSite site, IHttpClientFactory clients, BackgroundFailures failures, TimeProvider time)
    : BackgroundLoop(failures, time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // The largest published list of this kind has two million bytes.
    private const int MaxBytes = 16 << 20;

    private readonly TimeProvider _time = time;
    private readonly SemaphoreSlim _one = new(1, 1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(isAsked: false, cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads every list now, regardless of its interval.</summary>
    public Task RefreshAllAsync(CancellationToken stopping) => RefreshAsync(isAsked: true, stopping);

    public override void Dispose()
    {
        base.Dispose();
        _one.Dispose();
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(Tick, _time, stopping).ConfigureAwait(false);
            await RefreshAsync(isAsked: false, stopping).ConfigureAwait(false);
        }
    }

    private async Task RefreshAsync(bool isAsked, CancellationToken stopping)
    {
        // Only one caller reads a list at a time.
        await _one.WaitAsync(stopping).ConfigureAwait(false);
        try
        {
            await ReadAsync(
                    [.. site.Current.Proxies.Lists.Where(list => list.IsDue || (isAsked && list.Settings.Location is not null))],
                    stopping
                )
                .ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task ReadAsync(ProxyList[] due, CancellationToken stopping)
    {
        if (due is [])
            return;
        using var client = clients.CreateClient(nameof(ProxyListRefresher));
        client.MaxResponseContentBufferSize = MaxBytes;
        client.Timeout = Timeout.InfiniteTimeSpan;
        await Task.WhenAll(due.Select(list => list.RefreshAsync(client, stopping))).ConfigureAwait(false);
        // Use the site in force now, not the one from before the read: CurrentSite also combines when it puts another site in force, and
        // whichever runs second sees what the other did.
        site.Current.Proxies.Combine();
    }
}
