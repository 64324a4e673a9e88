using System.CommandLine;
using Router.Configuration;

namespace Router.Cli;

/// <summary>What a command reads and writes besides its arguments: by default, this process's own environment and streams.</summary>
public sealed class ToolContext : InvocationConfiguration
{
    public EnvironmentVariables Variables { get; init; } = EnvironmentVariables.OfProcess();

    /// <summary>The width of the terminal that shows the output; null if none does.</summary>
    public int? Width { get; init; }

    /// <summary>The one that a command was invoked with.</summary>
    public static ToolContext Of(ParseResult parsed) => (ToolContext)parsed.InvocationConfiguration;
}
