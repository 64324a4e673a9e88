namespace Router.Cli;

/// <summary>Ends a command with an exit code and a message for the operator.</summary>
public sealed class CommandFailedException(int code, string message) : Exception(message)
{
    public int Code => code;
}
