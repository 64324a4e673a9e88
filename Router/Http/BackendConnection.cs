using System.Net;
using System.Net.Sockets;

namespace Router.Http;

/// <summary>A newly established connection.</summary>
/// <param name="Stream">The stream to read from and write to; TLS is established if the scheme is https.</param>
/// <param name="Socket">The underlying socket.</param>
/// <param name="Address">The IP address of the backend.</param>
public sealed record BackendConnection(Stream Stream, Socket Socket, IPAddress Address) : IDisposable
{
    public void Dispose() => Stream.Dispose();
}
