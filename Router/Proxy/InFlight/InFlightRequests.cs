using System.Numerics;
using Router.Modes;
using Router.Upstreams;

namespace Router.Proxy.InFlight;

/// <summary>
/// All requests in flight. A request is added before it checks the mode. In the opposite order, a request that passes the check just before
/// a mode change and is added just after it would be missing from the count of requests still in flight.
/// </summary>
/// <remarks>
/// Intrusive linked lists, one stripe per processor: adding and removing a request allocates nothing and rarely waits for another thread.
/// </remarks>
public sealed class InFlightRequests
{
    private readonly Stripe[] _stripes;
    private long _cut;
    private long _closed;

    public InFlightRequests()
    {
        _stripes = new Stripe[BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 64))];
        for (var i = 0; i < _stripes.Length; i++)
            _stripes[i] = new Stripe();
    }

    /// <summary>The number of requests cut since startup because the mode closed their backend, including upgraded connections.</summary>
    public long CutCount => Volatile.Read(ref _cut);

    public void CountCut() => Interlocked.Increment(ref _cut);

    /// <summary>
    /// The number of requests forwarded since startup although the mode had closed their backend to them before they arrived.
    /// </summary>
    public long ClosedCount => Volatile.Read(ref _closed);

    public void CountClosed() => Interlocked.Increment(ref _closed);

    /// <summary>Adds a request, here and at the backend that it may go to. Nothing else counts a client's request.</summary>
    public void Add(RequestContext request, Upstream upstream)
    {
        upstream.IncrementInFlight();
        request.CountedBy = upstream;
        var number = Thread.GetCurrentProcessorId() & (_stripes.Length - 1);
        var stripe = _stripes[number];
        lock (stripe.Lock)
        {
            request.Stripe = number;
            request.Next = stripe.First;
            stripe.First?.Previous = request;
            stripe.First = request;
        }
    }

    /// <summary>
    /// Removes a request that has ended or will not be forwarded. Does nothing if the request is not in the list.
    /// </summary>
    public void Remove(RequestContext request)
    {
        if (request.Stripe < 0)
            return;
        var stripe = _stripes[request.Stripe];
        lock (stripe.Lock)
        {
            if (request.Previous is { } previous)
                previous.Next = request.Next;
            else
                stripe.First = request.Next;
            request.Next?.Previous = request.Previous;
            request.Previous = request.Next = null;
            request.Stripe = -1;
        }

        request.CountedBy!.DecrementInFlight();
    }

    /// <summary>
    /// The requests that prevent the mode's closed backends from being considered drained: requests admitted to such a backend before it
    /// was closed, and requests not yet admitted that arrived before the mode took effect and may have been checked against the previous
    /// mode.
    /// </summary>
    public List<RequestContext> BlockingFor(ModeState state) =>
        Where(request => request.Upstream is null ? request.Arrived <= state.ActivatedAt : request.IsClosedBy(state));

    /// <summary>
    /// Those of them that were admitted before the backend was closed. What is not yet admitted is refused when it is, or let through: the
    /// mode decides that.
    /// </summary>
    public List<RequestContext> ClosedBy(ModeState state) => Where(request => request.IsClosedBy(state));

    /// <summary>
    /// The requests that may be changing data at a backend right now. A request that ends without a complete response is added to
    /// <see cref="UncertainWrites"/> before it is removed here, so reading this list first and that one second misses none.
    /// </summary>
    public List<RequestContext> Writes() => Where(static request => request.Upstream is not null && request.MayBeWriting);

    /// <summary>The requests whose deadline has passed; null if there are none.</summary>
    public List<RequestDeadline>? Due()
    {
        List<RequestDeadline>? due = null;
        foreach (var stripe in _stripes)
        {
            lock (stripe.Lock)
            {
                for (var request = stripe.First; request is not null; request = request.Next)
                {
                    if (request.Deadline is { IsDue: true } deadline)
                        (due ??= []).Add(deadline);
                }
            }
        }

        return due;
    }

    public List<RequestContext> All()
    {
        var all = new List<RequestContext>();
        foreach (var stripe in _stripes)
        {
            lock (stripe.Lock)
            {
                for (var request = stripe.First; request is not null; request = request.Next)
                    all.Add(request);
            }
        }

        return all;
    }

    /// <summary>The number of testers' requests in flight.</summary>
    public int CountTesters()
    {
        var count = 0;
        foreach (var stripe in _stripes)
        {
            lock (stripe.Lock)
            {
                for (var request = stripe.First; request is not null; request = request.Next)
                    count += request.Upstream is not null && request.Exemption?.TesterId is not null ? 1 : 0;
            }
        }

        return count;
    }

    private List<RequestContext> Where(Predicate<RequestContext> isMeant)
    {
        var found = new List<RequestContext>();
        foreach (var stripe in _stripes)
        {
            lock (stripe.Lock)
            {
                for (var request = stripe.First; request is not null; request = request.Next)
                {
                    if (isMeant(request))
                        found.Add(request);
                }
            }
        }

        return found;
    }

    private sealed class Stripe
    {
        public Lock Lock { get; } = new();

        public RequestContext? First { get; set; }
    }
}
