namespace Router.Tests.SafeModel;

/// <summary>The true time, which is also the store's clock, and what is to happen when. One thread, no real clock.</summary>
internal sealed class SimTime
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private long _order;

    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);

    /// <summary>Milliseconds since the start.</summary>
    public long Now { get; private set; }

    public DateTimeOffset Clock => Start.AddMilliseconds(Now);

    public void After(long milliseconds, Action action) => _events.Enqueue(action, (Now + milliseconds, _order++));

    public void RunUntil(long end)
    {
        while (_events.TryPeek(out _, out var next) && next.At <= end)
        {
            var action = _events.Dequeue();
            Now = next.At;
            action();
        }
    }
}
