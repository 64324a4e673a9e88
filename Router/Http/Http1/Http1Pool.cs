using System.Net;

namespace Router.Http.Http1;

/// <summary>The connections to one address of a backend.</summary>
/// <param name="address">The address.</param>
/// <param name="connect">Makes a connection.</param>
/// <param name="isCurrent">Whether the backend's name still has an IP address.</param>
/// <param name="time">The clock.</param>
public sealed class Http1Pool(
    Uri address,
    Func<CancellationToken, ValueTask<BackendConnection>> connect,
    Func<IPAddress, bool> isCurrent,
    TimeProvider time
)
{
    // Servers close idle connections after a minute or so (nginx 75 s, gunicorn and Node far less): go before them where that can be known.
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(60);

    private readonly IdleConnections _idle = new();
    private volatile bool _isRetired;

    /// <summary>How many requests the address has in flight.</summary>
    public RequestCount Requests { get; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>The backend's own <c>Host</c> (RFC 9112 section 3.2): without the port where it is the scheme's.</summary>
    public string HostField { get; } = address.IsDefaultPort ? address.IdnHostOrLiteral() : $"{address.IdnHostOrLiteral()}:{address.Port}";

    /// <summary>How long to wait for a backend's leave to send a body.</summary>
    public static TimeSpan ContinueTimeout { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How many connections are idle.</summary>
    public int Idle => _idle.Count;

    /// <summary>An idle connection that is good for another request; null where there is none.</summary>
    public Http1Connection? Take()
    {
        while (_idle.Take() is { } idle)
        {
            if (IsFresh(idle) && idle.TryBegin())
                return idle;
            idle.Dispose();
        }

        return null;
    }

    /// <summary>A new connection.</summary>
    /// <exception cref="BackendException">None could be made.</exception>
    public async ValueTask<Http1Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        var (stream, socket, ip) = await connect(cancellationToken).ConfigureAwait(false);
        return new Http1Connection(stream, socket, ip);
    }

    /// <summary>Lays a connection aside for the next request.</summary>
    public void Return(Http1Connection connection)
    {
        connection.BecomeIdle(time.GetTimestamp());
        _idle.Add(connection);
        if (_isRetired)
            CloseIdle();
    }

    /// <summary>
    /// Closes the idle connections now, and the others as soon as their requests have ended: the configuration has the backend no longer.
    /// </summary>
    public void Retire()
    {
        _isRetired = true;
        CloseIdle();
    }

    /// <summary>Keeps connections again.</summary>
    public void Revive() => _isRetired = false;

    /// <summary>Closes the idle connections that have grown old or that the backend has closed.</summary>
    public void Sweep() =>
        _idle.TakeAll(connection => !IsFresh(connection) || !connection.IsQuiet())?.ForEach(connection => connection.Dispose());

    private void CloseIdle() => _idle.TakeAll(static _ => true)?.ForEach(static connection => connection.Dispose());

    private bool IsFresh(Http1Connection connection) =>
        time.GetElapsedTime(connection.IdleSince) < MaxIdle && isCurrent(connection.Address);
}
