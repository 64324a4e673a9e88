using System.Net;
using Microsoft.AspNetCore.Connections;
using Router.Configuration;

namespace Router.Serving;

/// <summary>
/// The open connections of clients. Beyond the limit a new one is closed at once, so that those that are open keep their backends, and
/// management and health check their descriptors. From this machine, where its health check comes from, 16 more are taken.
/// </summary>
public sealed partial class ClientConnections
{
    /// <summary>How many connections from this machine are taken beyond the limit.</summary>
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

    /// <summary>None is open.</summary>
    public ClientConnections(RouterSettings settings, TimeProvider time, ILogger<ClientConnections> logger)
    {
        (_time, _logger) = (time, logger);
        var fitting = DescriptorLimit.Current is { } descriptors ? DescriptorLimit.ClientsFor(descriptors) : (int?)null;
        Limit = settings.Limits.MaxConnections ?? fitting ?? int.MaxValue;
        if (DescriptorLimit.Current is { } current && DescriptorLimit.ProblemOf(Limit, current) is { } problem)
            LogTooHigh(problem);
    }

    /// <summary>How many may be open at once.</summary>
    public int Limit { get; }

    public int Open => Volatile.Read(ref _open);

    /// <summary>How many were refused.</summary>
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
                Leave();
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
                Leave();
            }
        };

    /// <summary>The most that were open since the peak was last reset.</summary>
    public int Peak => Volatile.Read(ref _peak);

    /// <summary>Starts a new peak.</summary>
    public void ResetPeak() => Volatile.Write(ref _peak, Open);

    /// <summary>Waits until none is open.</summary>
    public Task WaitUntilNoneAsync(CancellationToken cancellation)
    {
        var none = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _none, none);
        // The last one may have gone before it could know of the wait.
        Interlocked.MemoryBarrier();
        return Open == 0 ? Task.CompletedTask : none.Task.WaitAsync(cancellation);
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            Volatile.Read(ref _none)?.TrySetResult();
    }

    // Once a minute: anybody can open connections.
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
        Message = "{Limit} connections of clients are open, which is the limit; {Refused} more were closed. Raise the limit of open files (LimitNOFILE, ulimit -n), or Router:Limits:MaxConnections where it is set. Logged once a minute; router_connections_refused_total counts."
    )]
    private partial void LogRefused(int limit, long refused);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}.")]
    private partial void LogTooHigh(string problem);
}
