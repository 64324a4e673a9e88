namespace Router.Metrics;

/// <summary>Why a line of a log was not written, as the metrics name it.</summary>
public static class LogLoss
{
    /// <summary>Its reader was too slow, and there was no room for it.</summary>
    public const string Behind = "behind";

    public const string NotWritten = "not_written";

    /// <summary>It came after the end of the log.</summary>
    public const string Stopped = "stopped";

    /// <summary>Too many were alike.</summary>
    public const string Limited = "limited";
}
