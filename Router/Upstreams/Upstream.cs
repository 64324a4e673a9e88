using System.Collections.Immutable;
using System.Threading.RateLimiting;
using Router.Configuration;
using Router.Http;

namespace Router.Upstreams;

/// <summary>The runtime state of a backend: its client, its destinations, its permits and its number of requests in flight.</summary>
public sealed class Upstream(
    BackendSettings settings,
    ImmutableArray<Destination> destinations,
    RetryHandler sender,
    RetryCounts retries,
    LastWrite lastWrite,
    TimeProvider time
) : IDisposable
{
    // HttpClient would add a timeout, a token and an asynchronous method to each request. The backend's deadlines need none of them.
    private readonly HttpMessageInvoker _client = new(sender);
    private readonly ConcurrencyLimiter _permits = new(
        new ConcurrencyLimiterOptions { PermitLimit = settings.MaxConcurrentRequests, QueueLimit = settings.MaxQueuedRequests }
    );
    private volatile LastContact? _lastSeen;
    private long _lastResponse;
    private int _inFlight;
    private int _upgraded;

    /// <summary>The backend's configuration.</summary>
    public BackendSettings Settings => settings;

    /// <summary>The backend's destinations.</summary>
    public ImmutableArray<Destination> Destinations => destinations;

    /// <summary>The number of retries.</summary>
    public RetryCounts Retries => retries;

    /// <summary>When it last received a request that may change data, including the time before its configuration changed.</summary>
    public LastWrite LastWrite => lastWrite;

    /// <summary>What has been forwarded to it, including the time before its configuration changed.</summary>
    public BackendTotals Totals { get; init; } = new();

    /// <summary>The number of requests in flight.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The number of open upgraded connections (WebSockets).</summary>
    public int Upgraded => Volatile.Read(ref _upgraded);

    /// <summary>The outcome of the last contact, without probing the backend; null if no request has been sent yet.</summary>
    public LastContact? LastSeen => _lastSeen;

    /// <summary>Sends a request, as the first attempt: see <see cref="MayRetry"/>. Its end comes from its own deadlines.</summary>
    public Task<HttpResponseMessage> SendAsync(BackendRequest request) => _client.SendAsync(request, CancellationToken.None);

    /// <summary>Whether a request whose first attempt failed is to be retried.</summary>
    public bool MayRetry(BackendException error, BackendRequest request) => sender.MayRetry(error, request);

    /// <summary>Retries a request whose first attempt failed.</summary>
    public Task<HttpResponseMessage> RetryAsync(BackendException error, BackendRequest request) => sender.RetryAsync(error, request);

    /// <summary>Sends a request and retries it if that is permitted.</summary>
    public async Task<HttpResponseMessage> SendWithRetriesAsync(BackendRequest request)
    {
        try
        {
            return await SendAsync(request).ConfigureAwait(false);
        }
        catch (BackendException failed) when (MayRetry(failed, request))
        {
            return await RetryAsync(failed, request).ConfigureAwait(false);
        }
    }

    /// <summary>Counts a request as in flight. Each call requires one call of <see cref="DecrementInFlight"/>.</summary>
    public void IncrementInFlight() => Interlocked.Increment(ref _inFlight);

    /// <summary>Counts a request as ended.</summary>
    public void DecrementInFlight() => Interlocked.Decrement(ref _inFlight);

    /// <summary>
    /// Takes one of the permits that limit the backend's concurrent requests; null if none is free. Disposing it returns it.
    /// </summary>
    public RateLimitLease? TryTakePermit() => Acquired(_permits.AttemptAcquire());

    /// <summary>Waits for a permit; null if the queue is full or too slow.</summary>
    public async ValueTask<RateLimitLease?> WaitForPermitAsync(CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(settings.QueueTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return Acquired(await _permits.AcquireAsync(1, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Adjusts the number of upgraded connections when one opens or ends.</summary>
    public void CountUpgraded(int change) => Interlocked.Add(ref _upgraded, change);

    /// <summary>Records that the backend has responded.</summary>
    /// <param name="now">The clock's current timestamp.</param>
    public void ResponseStarted(long now)
    {
        // Recording success once per second is enough.
        if (_lastSeen is { Failure: null } && time.GetElapsedTime(Volatile.Read(ref _lastResponse), now) < TimeSpan.FromSeconds(1))
            return;
        Volatile.Write(ref _lastResponse, now);
        _lastSeen = new LastContact(time.GetUtcNow(), null);
    }

    /// <summary>Records that the backend could not be reached or did not respond.</summary>
    public void Failed(ForwardFailure failure) => _lastSeen = new LastContact(time.GetUtcNow(), failure);

    /// <summary>Whether the configuration no longer contains the backend.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>
    /// Closes the connections that no request uses: the configuration no longer contains the backend. A request that still arrives, from a
    /// route table that was replaced at that moment, is served on a connection of its own.
    /// </summary>
    public void Retire()
    {
        IsRetired = true;
        foreach (var destination in destinations)
        {
            destination.Pool.Retire();
            if (InFlight == 0)
                destination.Http2.Close();
        }
    }

    /// <summary>Starts to keep connections again: the configuration contains the backend again.</summary>
    public void Revive()
    {
        IsRetired = false;
        foreach (var destination in destinations)
            destination.Pool.Revive();
    }

    private static RateLimitLease? Acquired(RateLimitLease lease) => lease.IsAcquired ? lease : null;

    public void Dispose()
    {
        _client.Dispose();
        foreach (var destination in destinations)
            destination.Dispose();
        _permits.Dispose();
    }
}
