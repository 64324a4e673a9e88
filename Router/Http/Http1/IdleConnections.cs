namespace Router.Http.Http1;

/// <summary>
/// The idle connections, ordered by when they became idle. A thread gets the connection that it returned last: the data shared by the
/// threads that handle the request and the response then need not move from one processor's cache to another's. If the thread has returned
/// none, it gets the most recently returned connection, so that the others can age out.
/// </summary>
public sealed class IdleConnections
{
    // With as many threads as processors, a thread's own connection is usually among the last ones.
    private const int MaxScanned = 32;

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

    public void Add(Http1Connection connection)
    {
        lock (_lock)
            _connections.Add((connection, Environment.CurrentManagedThreadId));
    }

    /// <summary>Takes one; null if there is none.</summary>
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

    /// <summary>Removes all that are no longer usable and returns them; null if there are none.</summary>
    public List<Http1Connection>? RemoveWhere(Predicate<Http1Connection> ended)
    {
        List<Http1Connection>? removed = null;
        lock (_lock)
        {
            for (var i = _connections.Count - 1; i >= 0; i--)
            {
                if (!ended(_connections[i].Connection))
                    continue;
                (removed ??= []).Add(_connections[i].Connection);
                _connections.RemoveAt(i);
            }
        }

        return removed;
    }

    private int IndexFor(int thread)
    {
        var last = _connections.Count - 1;
        for (var i = last; i >= 0 && i > last - MaxScanned; i--)
        {
            if (_connections[i].Thread == thread)
                return i;
        }

        return last;
    }
}
