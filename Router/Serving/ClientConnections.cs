using System.Net;
using Microsoft.AspNetCore.Connections;
using Router.Configuration;

namespace Router.Serving;

/// <summary>
/// Counts and limits the open client connections. Beyond the limit a new connection is closed at once, so that open ones keep their backend
/// connections, and management and health check keep their descriptors. From this machine, where its health check comes from, 16 more are
/// accepted.
/// </summary>
public sealed partial class ClientConnections
{
    /// <summary>How many connections from this machine are accepted beyond the limit.</summary>
    public const int LocalReserve = 16;

    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ILogger<ClientConnections> _logger;
    private readonly Lock _lock = new();
    private TaskCompletionSource? _none;
    private int _open;
    private int _peak;
    private long _refused;
    private long _refusedAtWarning;
    private long _warnedAt;

    public ClientConnections(RouterSettings settings, TimeProvider time, ILogger<ClientConnections> logger)
    {
        (_time, _logger) = (time, logger);
        var fitting = DescriptorLimit.Current is { } descriptors ? DescriptorLimit.ClientsFor(descriptors) : (int?)null;
        Limit = settings.Limits.MaxConnections ?? fitting ?? int.MaxValue;
        if (DescriptorLimit.Current is { } current && DescriptorLimit.ProblemOf(Limit, current) is { } problem)
            LogTooHigh(problem);
    }

    /// <summary>The maximum number of open connections.</summary>
    public int Limit { get; }

    public int Open => Volatile.Read(ref _open);

    /// <summary>The number of refused connections.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>The connection middleware.</summary>
    public ConnectionDelegate Watch(ConnectionDelegate next) =>
        async connection =>
        {
            var open = Interlocked.Increment(ref _open);
            if (
                open > Limit
                && !(
                    open <= (long)Limit + LocalReserve
                    && connection.RemoteEndPoint is IPEndPoint { Address: var peer }
                    && IPAddress.IsLoopback(peer)
                )
            )
            {
                Decrement();
                Interlocked.Increment(ref _refused);
                Warn();
                await connection.DisposeAsync().ConfigureAwait(false);
                return;
            }

            if (open > Volatile.Read(ref _peak))
                Volatile.Write(ref _peak, open);
            try
            {
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                Decrement();
            }
        };

    /// <summary>The highest number of open connections since the peak was last reset.</summary>
    public int Peak => Volatile.Read(ref _peak);

    public void ResetPeak() => Volatile.Write(ref _peak, Open);

    /// <summary>Waits until no connection is open.</summary>
    public Task WaitUntilNoneAsync(CancellationToken cancellation)
    {
        var none = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _none, none);
        // The last connection may have closed before it could see the waiter.
        Interlocked.MemoryBarrier();
        return Open == 0 ? Task.CompletedTask : none.Task.WaitAsync(cancellation);
    }

    private void Decrement()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            Volatile.Read(ref _none)?.TrySetResult();
    }

    // At most once a minute: anyone can open connections.
    private void Warn()
    {
        long refused;
        lock (_lock)
        {
            if (_warnedAt != 0 && _time.GetElapsedTime(_warnedAt) < WarningInterval)
                return;
            _warnedAt = _time.GetTimestamp();
            (refused, _refusedAtWarning) = (Refused - _refusedAtWarning, Refused);
        }

        LogRefused(Limit, refused);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The limit of {Limit} client connections is reached; {Refused} more were closed. Raise the limit of open files "
            + "(LimitNOFILE, ulimit -n), or Router:Limits:MaxConnections if it is set. Logged once a minute; "
            + "router_connections_refused_total counts them."
    )]
    private partial void LogRefused(int limit, long refused);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}.")]
    private partial void LogTooHigh(string problem);
}
