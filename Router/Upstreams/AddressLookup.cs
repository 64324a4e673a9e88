using System.Net;
using System.Net.Sockets;
using Router.Configuration;
using Router.Http;

namespace Router.Upstreams;

/// <summary>
/// The IP addresses of a backend's host. A name is resolved again when its addresses are older than <c>DnsRefresh</c>. If that fails, the
/// last known addresses remain in use. Only one lookup runs at a time, however many requests wait for it.
/// </summary>
/// <param name="host">A host name or an IP address.</param>
/// <param name="backend">The backend's settings.</param>
/// <param name="lookUp">Resolves a name in both address families.</param>
/// <param name="time">The clock.</param>
public sealed class AddressLookup(
    string host,
    BackendSettings backend,
    Func<string, CancellationToken, Task<IPAddress[]>> lookUp,
    TimeProvider time
)
{
    private readonly CircuitBreaker _breaker = new(backend, time);
    private readonly Lock _lock = new();
    private readonly bool _isLiteral = IPAddress.TryParse(host, out _);
    private volatile Resolved? _resolved = IPAddress.TryParse(host, out var literal)
        ? new Resolved([new ResolvedAddress(literal, new CircuitBreaker(backend, time))], 0)
        : null;

    private Task<ResolvedAddress[]> _pending = Task.FromResult<ResolvedAddress[]>([]);

    /// <summary>The known addresses; empty until the first lookup has succeeded.</summary>
    public ResolvedAddress[] Known => _resolved?.Addresses ?? [];

    /// <summary>Whether no address is known and the lookup has failed too often for requests to wait for it.</summary>
    public bool IsOpen => _breaker.IsOpen;

    /// <summary>Returns the addresses, at least one.</summary>
    /// <exception cref="BackendException">The name has no address.</exception>
    public ValueTask<ResolvedAddress[]> GetAsync(CancellationToken cancellationToken)
    {
        if (_resolved is { } resolved)
        {
            RefreshIfStale(resolved);
            return ValueTask.FromResult(resolved.Addresses);
        }

        return new ValueTask<ResolvedAddress[]>(FirstAsync().WaitAsync(cancellationToken));
    }

    /// <summary>Whether the name still resolves to this address. Does not wait for a lookup.</summary>
    public bool IsCurrent(IPAddress ip)
    {
        if (_isLiteral || _resolved is not { } resolved)
            return true;
        RefreshIfStale(resolved);
        return Array.Exists(resolved.Addresses, address => address.Ip.Equals(ip));
    }

    public void ResetFailures()
    {
        _breaker.Close();
        foreach (var address in Known)
            address.Breaker.Close();
    }

    /// <summary>Resolves the name in the background if the last lookup failed and another one is due.</summary>
    public void ProbeIfDue(CancellationToken stopping) =>
        _breaker.ProbeIfDue<IDisposable?>(
            async token =>
            {
                _ = await ResolveAsync(token).ConfigureAwait(false);
                return null;
            },
            stopping
        );

    private Task<ResolvedAddress[]> FirstAsync()
    {
        lock (_lock)
        {
            if (_pending.IsCompleted)
                _pending = _breaker.RunAsync(ResolveAsync, CancellationToken.None);
            return _pending;
        }
    }

    private async Task<ResolvedAddress[]> ResolveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Store(await lookUp(host, cancellationToken).ConfigureAwait(false));
        }
        catch (SocketException error)
        {
            throw new BackendException(ForwardFailure.NameNotResolved, notBegun: true, cause: error);
        }
    }

    private void RefreshIfStale(Resolved resolved)
    {
        if (!_isLiteral && time.GetElapsedTime(resolved.At) >= backend.DnsRefresh && resolved.TryClaim())
            _ = RefreshAsync(resolved);
    }

    private async Task RefreshAsync(Resolved before)
    {
        try
        {
            Store(await lookUp(host, CancellationToken.None).ConfigureAwait(false));
        }
        catch (Exception)
        {
            // A name server failure is not a backend failure: the known addresses remain in use, and the lookup is repeated later. So for
            // any exception: nobody awaits this task, and without a new result the name would never be resolved again.
            _resolved = new Resolved(before.Addresses, time.GetTimestamp());
        }
    }

    private ResolvedAddress[] Store(IPAddress[] found)
    {
        if (found is [])
            throw new SocketException((int)SocketError.NoData);
        var before = Known;
        var addresses = Array.ConvertAll(
            found,
            ip => Array.Find(before, address => address.Ip.Equals(ip)) ?? new ResolvedAddress(ip, new CircuitBreaker(backend, time))
        );
        _resolved = new Resolved(addresses, time.GetTimestamp());
        return addresses;
    }

    private sealed class Resolved(ResolvedAddress[] addresses, long at)
    {
        private int _claimed;

        public ResolvedAddress[] Addresses => addresses;

        public long At => at;

        public bool TryClaim() => Interlocked.Exchange(ref _claimed, 1) == 0;
    }
}
