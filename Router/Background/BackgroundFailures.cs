using System.Collections.Concurrent;

namespace Router.Background;

/// <summary>
/// Errors of work that no request waits for. Each is logged when it first occurs and counted every time. None ends the process.
/// </summary>
public sealed partial class BackgroundFailures(ILogger<BackgroundFailures> logger)
{
    private readonly ConcurrentDictionary<string, (long Count, string Last)> _works = new();

    /// <summary>How often each kind of work has failed.</summary>
    public IEnumerable<(string Work, long Count)> Counts => _works.Select(work => (work.Key, work.Value.Count));

    /// <summary>Runs one piece of work: an exception is recorded and not propagated.</summary>
    public void Run(string work, Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure)
        {
            Note(work, failure);
        }
    }

    /// <summary>Records that a piece of work has failed.</summary>
    public void Note(string work, Exception failure)
    {
        var text = $"{failure.GetType()} {failure.Message}";
        var isNew = true;
        _works.AddOrUpdate(
            work,
            (1, text),
            (_, before) =>
            {
                isNew = before.Last != text;
                return (before.Count + 1, text);
            }
        );
        if (isNew)
            LogFailed(failure, work);
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Background work {Work} failed and continues. The same error is not logged again; router_background_failures_total "
            + "counts it."
    )]
    private partial void LogFailed(Exception failure, string work);
}
