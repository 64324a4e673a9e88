using System.Net.Sockets;
using System.Text;

namespace Router.Bench;

/// <summary>A bare program on the same server, which sends what another server responded.</summary>
internal static class Bare
{
    public static ServerProcess Start(Lab lab, ServerProcess other, LoadCase load)
    {
        var (port, directory) = (ServerProcess.FreePort(), lab.NewDirectory());
        var response = Path.Combine(directory, "response");
        File.WriteAllBytes(response, Receive(other.Port, load));
        return lab.Run(
            port,
            directory,
            new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1" },
            lab.Options.Bare,
            $"http://127.0.0.1:{port}",
            response
        );
    }

    // The server dates and frames its response itself.
    private static byte[] Receive(int port, LoadCase load)
    {
        using var client = new TcpClient("127.0.0.1", port);
        var stream = client.GetStream();
        stream.Write(Encoding.Latin1.GetBytes(load.Head.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal)));
        using var all = new MemoryStream();
        stream.CopyTo(all);
        var bytes = all.ToArray();
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        var head = Encoding.Latin1.GetString(bytes, 0, end).Split("\r\n").Where(line => !IsTheServers(line));
        return [.. Encoding.Latin1.GetBytes(string.Join("\r\n", head)), .. "\r\n\r\n"u8, .. bytes.AsSpan(end + 4)];
    }

    private static bool IsTheServers(string line) =>
        line.StartsWith("Date:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase);
}
