namespace Router.Bench;

/// <summary>YARP as it comes, or with the runtime's inline completions.</summary>
internal static class Yarp
{
    public static ServerProcess Start(string directory, string program, string scheme, Backend backend, bool inline)
    {
        var port = ServerProcess.FreePort();
        var backendPort = scheme == "https" ? backend.TlsPort : backend.Port;
        var environment = new Dictionary<string, string>();
        if (inline)
            environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        string[] command = [program, $"http://127.0.0.1:{port}", $"{scheme}://127.0.0.1:{backendPort}"];
        return ServerProcess.Start(port, directory, environment, inline ? [.. command, "--inline"] : command);
    }
}
