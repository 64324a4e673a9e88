using System.Numerics;
using Router.Modes;

namespace Router.Proxy.InFlight;

/// <summary>
/// Every request on its way to a backend. A request enters before it asks for the mode: the other way round, one that passed the check
/// just before a switch and entered just after it would escape whoever looks for what is still in flight.
/// </summary>
/// <remarks>
/// Linked lists without a node of their own, in as many parts as there are processors: entering and leaving allocate nothing
/// and hardly ever wait for another thread.
/// </remarks>
public sealed class InFlightRequests
{
    private readonly Stripe[] _stripes;
    private long _cut;

    /// <summary>Makes an empty list.</summary>
    public InFlightRequests()
    {
        _stripes = new Stripe[BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 64))];
        for (var i = 0; i < _stripes.Length; i++)
            _stripes[i] = new Stripe();
    }

    /// <summary>How many have been cut since the start because the mode closed their backend, upgraded connections included.</summary>
    public long CutCount => Volatile.Read(ref _cut);

    public void CountCut() => Interlocked.Increment(ref _cut);

    /// <summary>A request is here.</summary>
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

    /// <summary>It is over, or does not go to a backend. False, and nothing done, where it is not in the list.</summary>
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
    /// Those that are in the way of calling the mode's closed backends quiet: admitted to one before it was closed, or not decided yet and
    /// here since before the mode took effect, so that they may have met the one before.
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
                            ? IsConcerned(record, state) && !state.Mode.Reaches(upstream.Settings.Kind, record.ModeMethod)
                            : record.Arrived <= state.ActivatedAt
                    )
                        held.Add(record);
                }
            }
        }

        return held;
    }

    /// <summary>
    /// Those that may be changing something at a backend right now. One that ends without a complete response is added to
    /// <see cref="UncertainWrites"/> before it leaves, so whoever reads this list first and that one second misses none.
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

    /// <summary>Those whose time is up; null where there is none.</summary>
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

    /// <summary>All of them.</summary>
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

    /// <summary>How many requests of testers are in flight.</summary>
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

    // A mode does not concern what is exempt from it; but an instance that has lost the store closes for testers too.
    private static bool IsConcerned(RequestRecord record, ModeState state) =>
        record.Exemption is null || (state.IsLapsed && record.Exemption.TesterId is not null);

    private sealed class Stripe
    {
        public Lock Lock { get; } = new();

        public RequestRecord? First { get; set; }
    }
}
