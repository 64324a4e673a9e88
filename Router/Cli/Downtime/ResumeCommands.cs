namespace Router.Cli.Downtime;

/// <summary>The commands by which a downtime goes on, for what the tool prints.</summary>
internal static class ResumeCommands
{
    public const string Resume = "router downtime --resume";

    public const string Rerun = $"{Resume} --rerun";

    public const string CommandDone = $"{Resume} --command-done";
}
