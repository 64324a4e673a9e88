using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>
/// A loopback port for a server that is configured with its port, or is killed and started again on it. A port that was only free a moment
/// ago may be given to anything else before the server listens; the system gives nobody a port that a socket is bound to, and lets only a
/// server that asks for it by number listen there too.
/// </summary>
internal sealed class ReservedPort : IDisposable
{
    private readonly Socket _bound = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ReservedPort()
    {
        // Two sockets can have one port if both allow it and one does not listen.
        _bound.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Endpoint = (IPEndPoint)_bound.LocalEndPoint!;
    }

    public IPEndPoint Endpoint { get; }

    public int Number => Endpoint.Port;

    public void Dispose() => _bound.Dispose();
}
