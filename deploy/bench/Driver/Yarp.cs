namespace Router.Bench;

/// <summary>YARP as it comes, or with the runtime's inline completions.</summary>
internal static class Yarp
{
    public static ServerProcess Start(Lab lab, string scheme, bool inline)
    {
        var port = ServerProcess.FreePort();
        var environment = new Dictionary<string, string>();
        if (inline)
            environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        string[] command = [lab.Options.Yarp, $"http://127.0.0.1:{port}", $"{scheme}://127.0.0.1:{lab.Backend.PortFor(scheme)}"];
        return lab.Run(port, lab.NewDirectory(), environment, inline ? [.. command, "--inline"] : command);
    }
}
