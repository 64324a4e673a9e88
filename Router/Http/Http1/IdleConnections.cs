namespace Router.Http.Http1;

/// <summary>
/// The connections that wait for another request, in the order in which they were laid aside. A thread is given the one that it laid aside
/// last: what the request's thread and the answer's have in common they need not hand each other from one processor's cache to the other's.
/// Where it has none, it is given the one that was laid aside last, so that the others can age out.
/// </summary>
public sealed class IdleConnections
{
    // With as many threads as there are processors, a thread's own is mostly among the last ones.
    private const int LookedAt = 32;

    private readonly List<(Http1Connection Connection, int Thread)> _connections = [];
    private readonly Lock _lock = new();

    public int Count
    {
        get
        {
            lock (_lock)
                return _connections.Count;
        }
    }

    /// <summary>Lays a connection aside.</summary>
    public void Add(Http1Connection connection)
    {
        lock (_lock)
            _connections.Add((connection, Environment.CurrentManagedThreadId));
    }

    /// <summary>Takes one; null where there is none.</summary>
    public Http1Connection? Take()
    {
        lock (_lock)
        {
            if (_connections.Count == 0)
                return null;
            var at = IndexFor(Environment.CurrentManagedThreadId);
            var (connection, _) = _connections[at];
            _connections.RemoveAt(at);
            return connection;
        }
    }

    /// <summary>Takes all that are no longer good; null where there are none.</summary>
    public List<Http1Connection>? TakeAll(Predicate<Http1Connection> ended)
    {
        List<Http1Connection>? taken = null;
        lock (_lock)
        {
            for (var i = _connections.Count - 1; i >= 0; i--)
            {
                if (!ended(_connections[i].Connection))
                    continue;
                (taken ??= []).Add(_connections[i].Connection);
                _connections.RemoveAt(i);
            }
        }

        return taken;
    }

    private int IndexFor(int thread)
    {
        var last = _connections.Count - 1;
        for (var i = last; i >= 0 && i > last - LookedAt; i--)
        {
            if (_connections[i].Thread == thread)
                return i;
        }

        return last;
    }
}
