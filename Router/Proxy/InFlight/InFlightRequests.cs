using System.Numerics;
using Router.Configuration;
using Router.Modes;

namespace Router.Proxy.InFlight;

/// <summary>
/// All requests in flight. A request is added before it checks the mode. In the opposite order, a request that passes the check just before
/// a mode change and is added just after it would be missed by whoever counts the requests still in flight.
/// </summary>
/// <remarks>
/// Intrusive linked lists, one stripe per processor: adding and removing a request allocates nothing and rarely waits for another thread.
/// </remarks>
public sealed class InFlightRequests
{
    private readonly Stripe[] _stripes;
    private long _cut;

    public InFlightRequests()
    {
        _stripes = new Stripe[BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 64))];
        for (var i = 0; i < _stripes.Length; i++)
            _stripes[i] = new Stripe();
    }

    /// <summary>The number of requests cut since startup because the mode closed their backend, including upgraded connections.</summary>
    public long CutCount => Volatile.Read(ref _cut);

    public void CountCut() => Interlocked.Increment(ref _cut);

    /// <summary>Adds a request.</summary>
    public void Enter(RequestRecord record)
    {
        var number = Thread.GetCurrentProcessorId() & (_stripes.Length - 1);
        var stripe = _stripes[number];
        lock (stripe.Lock)
        {
            record.Stripe = number;
            record.Next = stripe.First;
            stripe.First?.Previous = record;
            stripe.First = record;
        }
    }

    /// <summary>
    /// Removes a request that has ended or will not be forwarded. Returns false, and does nothing, if the request is not in the list.
    /// </summary>
    public bool Leave(RequestRecord record)
    {
        if (record.Stripe < 0)
            return false;
        var stripe = _stripes[record.Stripe];
        lock (stripe.Lock)
        {
            if (record.Previous is { } previous)
                previous.Next = record.Next;
            else
                stripe.First = record.Next;
            record.Next?.Previous = record.Previous;
            record.Previous = record.Next = null;
            record.Stripe = -1;
            return true;
        }
    }

    /// <summary>
    /// The requests that prevent the mode's closed backends from being considered drained: requests admitted to such a backend before it
    /// was closed, and requests not yet admitted that arrived before the mode took effect and may have been checked against the previous
    /// mode.
    /// </summary>
    public List<RequestRecord> BlockingFor(ModeState state)
    {
        var held = new List<RequestRecord>();
        foreach (var stripe in _stripes)
        {
            lock (stripe.Lock)
            {
                for (var record = stripe.First; record is not null; record = record.Next)
                {
                    if (
                        record.Upstream is { } upstream
                            ? IsConcerned(record, state) && !IsReached(record, upstream.Settings.Kind, state)
                            : record.Arrived <= state.ActivatedAt
                    )
                        held.Add(record);
                }
            }
        }

        return held;
    }

    /// <summary>
    /// The requests that may be changing data at a backend right now. A request that ends without a complete response is added to
    /// <see cref="UncertainWrites"/> before it is removed here, so reading this list first and that one second misses none.
    /// </summary>
    public List<RequestRecord> Writes()
    {
        var writes = new List<RequestRecord>();
        foreach (var stripe in _stripes)
        {
            lock (stripe.Lock)
            {
                for (var record = stripe.First; record is not null; record = record.Next)
                {
                    if (record.Upstream is not null && record.IsWrite)
                        writes.Add(record);
                }
            }
        }

        return writes;
    }

    /// <summary>The requests whose deadline has passed; null if there are none.</summary>
    public List<RequestDeadline>? Due()
    {
        List<RequestDeadline>? due = null;
        foreach (var stripe in _stripes)
        {
            lock (stripe.Lock)
            {
                for (var record = stripe.First; record is not null; record = record.Next)
                {
                    if (record.Deadline is { IsDue: true } deadline)
                        (due ??= []).Add(deadline);
                }
            }
        }

        return due;
    }

    /// <summary>All requests in flight.</summary>
    public List<RequestRecord> All()
    {
        var all = new List<RequestRecord>();
        foreach (var stripe in _stripes)
        {
            lock (stripe.Lock)
            {
                for (var record = stripe.First; record is not null; record = record.Next)
                    all.Add(record);
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
                for (var record = stripe.First; record is not null; record = record.Next)
                    count += record.Upstream is not null && record.Exemption?.TesterId is not null ? 1 : 0;
            }
        }

        return count;
    }

    private static bool IsReached(RequestRecord record, BackendKind kind, ModeState state) =>
        state.For(record.Client!, kind).Mode.Reaches(kind, record.ModeMethod);

    // A mode does not apply to an exempt request. An instance that has lost the mode store, however, closes for testers too.
    private static bool IsConcerned(RequestRecord record, ModeState state) =>
        record.Exemption is null || (state.IsLapsed && record.Exemption.TesterId is not null);

    private sealed class Stripe
    {
        public Lock Lock { get; } = new();

        public RequestRecord? First { get; set; }
    }
}
