namespace Router.Cli;

/// <summary>Ends a command with an exit code and a message for the operator.</summary>
public sealed class CommandFailedException(int code, string message) : Exception(message)
{
    public int Code => code;

    /// <summary>Whether it is certain that the request changed nothing: it was refused, or never sent.</summary>
    public bool IsNothingDone { get; init; }
}
