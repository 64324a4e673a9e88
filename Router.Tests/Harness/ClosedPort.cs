using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>An address where nobody listens, and nobody can begin to while the test runs.</summary>
internal sealed class ClosedPort : IDisposable
{
    private readonly Socket _bound = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort() => _bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public string Address => $"http://{_bound.LocalEndPoint}";

    public void Dispose() => _bound.Dispose();
}
