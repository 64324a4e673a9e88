using System.Net;
using System.Net.Sockets;

namespace Router.Configuration;

/// <param name="Key">The configuration key, option or variable that names it.</param>
/// <param name="Url">Scheme, host and port.</param>
public sealed record ListenAddress(string Key, string Url)
{
    /// <summary>How to write one, for messages.</summary>
    public const string Hint = "Give scheme, host and port, such as http://*:8080 or http://127.0.0.1:8080";

    /// <summary>Whether a client that knows only HTTP/1.1 gets no response there.</summary>
    public bool IsHttp2Only { get; init; }

    public static string Problem(string url) => $"'{url}' is not an address to listen on";

    /// <summary>Whether a text is a valid address to listen on.</summary>
    public static bool IsValid(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" or "https", PathBase: "", Port: >= 0 and <= 65535 }
                && !url.Contains(';', StringComparison.Ordinal);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Binds the address and releases it again. Returns why it could not be bound, with a hint; null if it could.</summary>
    /// <param name="isInUse">Whether another socket uses it, possibly a running Router's.</param>
    public ValidationError? Try(out bool isInUse)
    {
        isInUse = false;
        var address = BindingAddress.Parse(Url);
        if (address.IsUnixPipe)
            return null;
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            var ip = AddressOf(address.Host);
            if (ip.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = ip.Equals(IPAddress.IPv6Any);
                socket.Bind(new IPEndPoint(ip, address.Port));
            }
            else
            {
                using var four = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                four.Bind(new IPEndPoint(ip, address.Port));
            }

            return null;
        }
        catch (SocketException failure)
        {
            isInUse = failure.SocketErrorCode == SocketError.AddressAlreadyInUse;
            var (problem, hint) = failure.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => (
                    "the port is in use",
                    $"Stop the program that uses it (ss -ltnp names it), or choose another port: {Example(address)}"
                ),
                SocketError.AccessDenied => (
                    "Router's user may not use this port",
                    $"Choose a port from 1024 with {Key}, or give the binary the capability CAP_NET_BIND_SERVICE"
                ),
                SocketError.AddressNotAvailable => (
                    "this machine has no such address",
                    $"Choose one of its addresses, or * for all of them, with {Key}"
                ),
                _ => (failure.Message.TrimEnd('.'), $"Choose another address with {Key}"),
            };
            return new ValidationError(Key, $"Router can't listen on {Url}: {problem}", hint);
        }
    }

    // What the operator would write for another port.
    private string Example(BindingAddress address)
    {
        var port = address.Port == 65535 ? 8081 : address.Port + 1;
        var url = $"{address.Scheme}://{address.Host}:{port}";
        return Key switch
        {
            "PORT" => $"PORT={port}",
            "ASPNETCORE_URLS" => $"ASPNETCORE_URLS={url}",
            "--urls" => $"--urls {url}",
            _ => $"{Key} = {url}",
        };
    }

    /// <summary>Whether one process cannot listen on both.</summary>
    public bool Overlaps(ListenAddress other)
    {
        var (one, two) = (BindingAddress.Parse(Url), BindingAddress.Parse(other.Url));
        return one.Port != 0
            && one.Port == two.Port
            && (AddressOf(one.Host).Equals(AddressOf(two.Host)) || IsAny(AddressOf(one.Host)) || IsAny(AddressOf(two.Host)));
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    // As the server reads it: a host that is neither an address nor localhost means every interface.
    private static IPAddress AddressOf(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
        : IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address
        : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any
        : IPAddress.Any;
}
