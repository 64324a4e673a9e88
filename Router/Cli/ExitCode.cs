namespace Router.Cli;

/// <summary>The exit codes of the tool, besides 0.</summary>
public static class ExitCode
{
    /// <summary>The command was not carried out, or the site is not safe.</summary>
    public const int NotDone = 1;

    /// <summary>Invalid usage, or an invalid configuration.</summary>
    public const int WrongUse = 2;

    /// <summary>No Router responds, or it does not accept this operator.</summary>
    public const int NoConnection = 3;
}
