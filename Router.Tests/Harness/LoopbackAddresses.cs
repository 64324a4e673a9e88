using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>
/// Two IP addresses of this machine with one port, as a name that has two addresses leads to. Each can be silent, refuse, or accept.
/// </summary>
internal sealed class LoopbackAddresses : IDisposable
{
    private readonly Dictionary<IPAddress, Socket> _listeners = [];
    private readonly List<Socket> _fillers = [];

    public LoopbackAddresses()
    {
        var first = Bind(First, 0);
        Port = ((IPEndPoint)first.LocalEndPoint!).Port;
        _listeners[First] = first;
        _listeners[Second] = Bind(Second, Port);
    }

    public static IPAddress First { get; } = IPAddress.Parse("127.0.0.2");

    public static IPAddress Second { get; } = IPAddress.Parse("127.0.0.3");

    public int Port { get; }

    /// <summary>From now on connections are made. An address that is not set otherwise refuses them.</summary>
    public void Listen(IPAddress address) => _listeners[address].Listen();

    /// <summary>From now on an address does not even respond: its queue has room for one connection, and that is taken.</summary>
    public async Task FallSilentAsync(IPAddress address)
    {
        _listeners[address].Listen(0);
        var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _fillers.Add(filler);
        await filler.ConnectAsync(new IPEndPoint(address, Port)).InTime();
    }

    /// <summary>Takes the connection that fills the queue of a silent address out of it: the next one is made.</summary>
    public async Task AcceptAsync(IPAddress address)
    {
        _fillers.Add(await _listeners[address].AcceptAsync().InTime());
        Listen(address);
    }

    public void Dispose()
    {
        foreach (var socket in _listeners.Values.Concat(_fillers))
            socket.Dispose();
    }

    private static Socket Bind(IPAddress address, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }
}
