namespace Router.Serving;

/// <summary>
/// Lets what waits for a socket go on in the thread that hears of it. A request's work between two waits is a few microseconds, and handing
/// it to another thread costs as much again. In return nothing on a request's way may block.
/// </summary>
public static class SocketThreads
{
    private const string Switch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>To be called before the first socket is made; the environment's own word holds.</summary>
    public static void RunContinuations()
    {
        if (Environment.GetEnvironmentVariable(Switch) is null)
            Environment.SetEnvironmentVariable(Switch, "1");
    }
}
