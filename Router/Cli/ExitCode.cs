namespace Router.Cli;

/// <summary>The exit codes of the tool, beside 0.</summary>
public static class ExitCode
{
    /// <summary>It was not done, or the site is not safe.</summary>
    public const int NotDone = 1;

    /// <summary>Wrong use, or an invalid configuration.</summary>
    public const int WrongUse = 2;

    /// <summary>No Router answers, or it does not accept this operator.</summary>
    public const int NoConnection = 3;
}
