using System.Net;
using System.Net.Sockets;

namespace Router.Http;

/// <summary>A connection that has just been made.</summary>
/// <param name="Stream">What is read and written; TLS is in place where the scheme is https.</param>
/// <param name="Socket">The socket below.</param>
/// <param name="Address">Where it leads.</param>
public sealed record BackendConnection(Stream Stream, Socket Socket, IPAddress Address) : IDisposable
{
    public void Dispose() => Stream.Dispose();
}
