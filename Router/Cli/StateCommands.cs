namespace Router.Cli;

/// <summary>The commands that show the state, for what the tool prints.</summary>
internal static class StateCommands
{
    /// <param name="expect">How many instances there must be: without it fewer would be enough. Null if that is not known.</param>
    public static string Show(int? expect) => $"router mode{Option(expect)}";

    /// <inheritdoc cref="Show"/>
    public static string Wait(int? expect) => $"router mode --wait{Option(expect)}";

    private static string Option(int? expect) => expect is { } number ? $" --expect {number}" : "";
}
