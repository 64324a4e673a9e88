using System.Net;

namespace Router.Configuration;

/// <summary>How a program on this machine connects to what listens here.</summary>
public static class LocalAddress
{
    /// <summary>Whether a host name is this machine's own: only its programs can connect to it.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>
    /// The address to connect to for an address to listen on, such as <c>http://127.0.0.1:8080</c> for <c>http://*:8080</c>; null if it is
    /// invalid.
    /// </summary>
    public static string? Of(string listenUrl)
    {
        BindingAddress listens;
        try
        {
            listens = BindingAddress.Parse(listenUrl);
        }
        catch (FormatException)
        {
            return null;
        }

        // To the server, a name means every address of the machine.
        var host =
            IPAddress.TryParse(listens.Host, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
                ? listens.Host
                : "127.0.0.1";
        return $"{listens.Scheme}://{host}:{listens.Port}";
    }
}
