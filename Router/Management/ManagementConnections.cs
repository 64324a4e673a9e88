using System.Net;
using Microsoft.AspNetCore.Connections;
using Router.Configuration;

namespace Router.Management;

/// <summary>
/// Keeps the management interface free for operators. A connection on which no request has been accepted yet has five seconds, and there
/// are at most 64 of these: to accept another one, the oldest of the address with the most of them is closed. So nobody can use up the
/// connections by opening many and sending nothing.
/// </summary>
public sealed class ManagementConnections(TimeProvider time)
{
    /// <summary>How many connections may be open on which no request has been accepted.</summary>
    public const int MaxUnproven = 64;

    /// <summary>How long such a connection stays open.</summary>
    public static readonly TimeSpan AcceptTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<Unproven> _unproven = [];

    /// <summary>The connection middleware.</summary>
    public ConnectionDelegate Watch(ConnectionDelegate next) =>
        async connection =>
        {
            using var unproven = Add(connection);
            connection.Features.Set(unproven);
            try
            {
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                Remove(unproven);
            }
        };

    /// <summary>A request on this connection was accepted: it stays open.</summary>
    public void Prove(HttpContext context)
    {
        if (context.Features.Get<Unproven>() is { } unproven)
            Remove(unproven);
    }

    private Unproven Add(ConnectionContext connection)
    {
        Unproven? evicted = null;
        var added = new Unproven(connection, ClientNetwork.Of((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None));
        lock (_lock)
        {
            // GroupBy keeps the order in which they came: the first of a group is its oldest.
            if (_unproven.Count >= MaxUnproven)
                evicted = _unproven.GroupBy(unproven => unproven.Network).MaxBy(group => group.Count())!.First();
            if (evicted is not null)
                _unproven.Remove(evicted);
            _unproven.Add(added);
        }

        evicted?.Close("Too many connections without an accepted request.");
        added.Deadline = time.CreateTimer(
            static state => ((Unproven)state!).Close("No request was accepted in time."),
            added,
            AcceptTimeout,
            Timeout.InfiniteTimeSpan
        );
        return added;
    }

    private void Remove(Unproven unproven)
    {
        lock (_lock)
            _unproven.Remove(unproven);
        unproven.Dispose();
    }

    private sealed class Unproven(ConnectionContext connection, ulong network) : IDisposable
    {
        public ulong Network => network;

        public ITimer? Deadline { get; set; }

        public void Close(string reason) => connection.Abort(new ConnectionAbortedException(reason));

        public void Dispose() => Deadline?.Dispose();
    }
}
