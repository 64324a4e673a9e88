using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Router.Serving;

/// <summary>
/// Gives a peer one address. A dual-stack socket reports an IPv4 client's address in its mapped form (RFC 4291 section 2.5.5.2). It is
/// converted once for each connection instead of for each request.
/// </summary>
public static class PeerAddress
{
    /// <summary>The connection middleware.</summary>
    public static ConnectionDelegate Normalize(ConnectionDelegate next) =>
        connection =>
        {
            if (connection.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } peer)
                connection.RemoteEndPoint = new IPEndPoint(peer.Address.MapToIPv4(), peer.Port);
            return next(connection);
        };
}
