using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Router.Telemetry;

namespace Router.Tests.Harness;

/// <summary>What Router logs, line by line.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly Channel<string> _lines;
    private readonly string _category;

    public LogLines()
        : this(Channel.CreateUnbounded<string>(), "") { }

    private LogLines(Channel<string> lines, string category) => (_lines, _category) = (lines, category);

    /// <summary>Waits for the next line that has these words; the lines before it are passed over.</summary>
    public async Task<string> NextAsync(string words)
    {
        while (true)
        {
            var line = await _lines.Reader.ReadAsync().InTime();
            if (line.Contains(words, StringComparison.Ordinal))
                return line;
        }
    }

    /// <summary>How many lines are there and have not been taken.</summary>
    public int Count => _lines.Reader.Count;

    /// <summary>Those of the lines that are there, and have not been taken, that report an error.</summary>
    public IReadOnlyList<string> Errors() => Take(IsError);

    /// <summary>Those of them that report an error or show an exception, at whatever level.</summary>
    public IReadOnlyList<string> ErrorsAndExceptions() =>
        Take(line =>
            IsError(line) || line.Contains("Exception: ", StringComparison.Ordinal) || line.Contains("\n   at ", StringComparison.Ordinal)
        );

    /// <summary>The last of the lines that are there and have not been taken.</summary>
    public IEnumerable<string> Last(int count) => Take(_ => true).TakeLast(count);

    private static bool IsError(string line) =>
        line.StartsWith(nameof(LogLevel.Error), StringComparison.Ordinal)
        || line.StartsWith(nameof(LogLevel.Critical), StringComparison.Ordinal);

    private List<string> Take(Predicate<string> isMeant)
    {
        var lines = new List<string>();
        while (_lines.Reader.TryRead(out var line))
        {
            if (isMeant(line))
                lines.Add(line);
        }

        return lines;
    }

    public ILogger CreateLogger(string categoryName) => new LogLines(_lines, categoryName);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        var text = formatter(state, exception);
        // What Router's own log leaves out is left out here too.
        if (ErrorLog.Writes(_category, eventId, text))
            _lines.Writer.TryWrite($"{logLevel}: {text}{(exception is null ? "" : $" {exception}")}");
    }

    public void Dispose() { }
}
