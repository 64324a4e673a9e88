namespace Router.Cli;

/// <summary>How <c>router check</c> prints its result.</summary>
public enum CheckView
{
    /// <summary>A block per host, for a terminal of 80 columns.</summary>
    Blocks,

    /// <summary>One table: a line per rule and a column per mode.</summary>
    Wide,

    /// <summary>One JSON document.</summary>
    Json,
}
