using System.Net;

namespace Router.Http.Http1;

/// <summary>The connections to one address of a backend.</summary>
/// <param name="connect">Establishes a connection.</param>
/// <param name="isCurrent">Whether the backend's host name still resolves to an IP address.</param>
/// <param name="time">The clock.</param>
public sealed class Http1Pool(
    Uri address,
    Func<CancellationToken, ValueTask<BackendConnection>> connect,
    Func<IPAddress, bool> isCurrent,
    TimeProvider time
)
{
    // Servers close idle connections after a minute or so (nginx 75 s, gunicorn and Node far less). Close them before the server does, as
    // far as its timeout can be anticipated.
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(60);

    private readonly IdleConnections _idle = new();
    private volatile bool _isRetired;

    /// <summary>The number of requests that the address has in flight.</summary>
    public RequestCount Requests { get; } = new();

    public TimeProvider Time => time;

    /// <summary>The backend's own <c>Host</c> header (RFC 9112 section 3.2), without the port if it is the scheme's default.</summary>
    public string HostHeader { get; } = address.IsDefaultPort ? address.IdnHostOrLiteral() : $"{address.IdnHostOrLiteral()}:{address.Port}";

    /// <summary>How long to wait for the backend's 100 (Continue) before sending the body.</summary>
    public static TimeSpan ContinueTimeout { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The number of idle connections.</summary>
    public int Idle => _idle.Count;

    /// <summary>Takes an idle connection that can carry another request; null if there is none.</summary>
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

    /// <summary>Establishes a new connection.</summary>
    /// <exception cref="BackendException">No connection could be established.</exception>
    public async ValueTask<Http1Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        var (stream, socket, ip) = await connect(cancellationToken).ConfigureAwait(false);
        return new Http1Connection(stream, socket, ip);
    }

    /// <summary>Returns a connection to the pool for the next request.</summary>
    public void Return(Http1Connection connection)
    {
        connection.BecomeIdle(time.GetTimestamp());
        _idle.Add(connection);
        if (_isRetired)
            CloseIdle();
    }

    /// <summary>
    /// Closes the idle connections now and the others as soon as their requests have ended: the configuration no longer contains the
    /// backend.
    /// </summary>
    public void Retire()
    {
        _isRetired = true;
        CloseIdle();
    }

    /// <summary>Starts to keep connections again.</summary>
    public void Revive() => _isRetired = false;

    /// <summary>Closes the idle connections that are too old or that the backend has closed.</summary>
    public void Prune() =>
        _idle.RemoveWhere(connection => !IsFresh(connection) || !connection.IsQuiet())?.ForEach(connection => connection.Dispose());

    private void CloseIdle() => _idle.RemoveWhere(static _ => true)?.ForEach(static connection => connection.Dispose());

    private bool IsFresh(Http1Connection connection) =>
        time.GetElapsedTime(connection.IdleSince) < MaxIdle && isCurrent(connection.Address);
}
