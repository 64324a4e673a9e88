namespace Router.Serving;

/// <summary>
/// Runs socket continuations on the thread that receives the event. A request's work between two waits takes a few microseconds, and
/// handing it to another thread costs as much again. In return, nothing on the request path may block.
/// </summary>
public static class SocketThreads
{
    private const string Switch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Call before the first socket is created. A value set in the environment takes precedence.</summary>
    public static void RunContinuations()
    {
        if (Environment.GetEnvironmentVariable(Switch) is null)
            Environment.SetEnvironmentVariable(Switch, "1");
    }
}
