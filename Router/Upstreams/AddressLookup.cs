using System.Net;
using System.Net.Sockets;
using Router.Configuration;
using Router.Http;

namespace Router.Upstreams;

/// <summary>
/// The IP addresses of a backend's host. A name is looked up again when its addresses are older than <c>DnsRefresh</c>; when that fails,
/// the addresses known last are used. Only one look-up runs at a time, however many requests wait for it.
/// </summary>
/// <param name="host">A name or an IP address.</param>
/// <param name="backend">The backend's settings.</param>
/// <param name="lookUp">Looks a name up, both address families.</param>
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

    /// <summary>The addresses known so far; none before the first look-up has succeeded.</summary>
    public ResolvedAddress[] Known => _resolved?.Addresses ?? [];

    /// <summary>Whether no address is known and the look-up failed too often to be waited for.</summary>
    public bool IsOpen => _breaker.IsOpen;

    /// <summary>The addresses, at least one.</summary>
    /// <exception cref="BackendException">The name has none.</exception>
    public ValueTask<ResolvedAddress[]> GetAsync(CancellationToken cancellationToken)
    {
        if (_resolved is { } resolved)
        {
            RefreshIfStale(resolved);
            return ValueTask.FromResult(resolved.Addresses);
        }

        return new ValueTask<ResolvedAddress[]>(FirstAsync().WaitAsync(cancellationToken));
    }

    /// <summary>Whether the name still has an address. Does not wait for a look-up.</summary>
    public bool IsCurrent(IPAddress ip)
    {
        if (_isLiteral || _resolved is not { } resolved)
            return true;
        RefreshIfStale(resolved);
        return Array.Exists(resolved.Addresses, address => address.Ip.Equals(ip));
    }

    /// <summary>Forgets all failures.</summary>
    public void Forgive()
    {
        _breaker.Close();
        foreach (var address in Known)
            address.Breaker.Close();
    }

    /// <summary>Looks the name up in the background if that failed before and is due again.</summary>
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
            return Keep(await lookUp(host, cancellationToken).ConfigureAwait(false));
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
            Keep(await lookUp(host, CancellationToken.None).ConfigureAwait(false));
        }
        catch (SocketException)
        {
            // The name server's trouble is not the backend's: what was known goes on being used, and is asked for again later.
            _resolved = new Resolved(before.Addresses, time.GetTimestamp());
        }
    }

    private ResolvedAddress[] Keep(IPAddress[] found)
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
