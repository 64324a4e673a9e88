using System.Globalization;
using System.Text;
using Router.Configuration;
using Router.Metrics;

namespace Router.Telemetry;

/// <summary>
/// Router's own log, on standard error: one line per message. No code that logs waits for the log's reader; lines that could not be written
/// are counted, and a line reports the count once the reader is back.
/// </summary>
public sealed class ErrorLog : ILoggerProvider, IAsyncDisposable
{
    /// <summary>The maximum number of queued bytes: some 20,000 lines.</summary>
    public const int MaxWaiting = 4 << 20;

    private readonly RouterMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly LineWriter _lines;
    private readonly LogLimit _limit;
    private int _lost;

    /// <summary>Starts writing.</summary>
    /// <param name="output">The destination of the lines; null for standard error.</param>
    /// <param name="metrics">Counts lost lines.</param>
    /// <param name="time">The clock.</param>
    public ErrorLog(Stream? output, RouterMetrics metrics, TimeProvider time)
    {
        (_metrics, _time) = (metrics, time);
        _limit = new LogLimit(Summarise, time);
        _lines = new LineWriter("log", () => output ?? StandardStreams.OpenError(), MaxWaiting, Lost);
        _lines.Start();
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Whether a message of the framework's is worth a line.</summary>
    public static bool Writes(string category, EventId id, string text) =>
        (category, id.Name, text) switch
        {
            // The exception is thrown as well, and its handler reports in one sentence what is wrong.
            ("Microsoft.AspNetCore.Server.Kestrel", _, "Unable to start Kestrel.") => false,
            // The server calls it critical if a response has something to send after its HTTP/2 connection has ended, which any client
            // can cause, or if a client resets streams faster than they end. It logs nothing else that clients do.
            ("Microsoft.AspNetCore.Server.Kestrel.Http2", "Http2QueueOperationsExceeded", _) => false,
            _ => true,
        };

    public async ValueTask DisposeAsync()
    {
        _limit.Dispose();
        await _lines.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private void Write(LogKind kind, LogLevel level, string text)
    {
        if (
            Volatile.Read(ref _lost) is > 0 and var lost
            && _lines.TryWrite(
                Line(
                    new LogKind(typeof(ErrorLog).FullName!, 0, null),
                    LogLevel.Warning,
                    $"{lost} lines of this log were lost: nobody read standard error in time, or it could not be written."
                )
            )
        )
            Interlocked.Add(ref _lost, -lost);
        _lines.Write(Line(kind, level, text));
    }

    private void Summarise(LogKind kind, LogLevel level, string text, int suppressed)
    {
        _metrics.LogLinesLost(suppressed, LogLoss.Limited);
        Write(
            kind,
            level,
            $"{suppressed} more lines like this were suppressed in {LogLimit.Window.TotalSeconds:F0} s. The last one: {text}"
        );
    }

    private void Lost(int count, string reason)
    {
        Interlocked.Add(ref _lost, count);
        _metrics.LogLinesLost(count, reason);
    }

    private byte[] Line(LogKind kind, LogLevel level, string text)
    {
        var line = new StringBuilder(text.Length + 128)
            .Append(_time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture))
            .Append(' ')
            .Append(NameOf(level))
            .Append(": ")
            .Append(kind.Category)
            .Append('[')
            .Append(kind.Event)
            .Append("] ");
        // One line per message: a client's text can neither start another line nor reach a terminal's controls.
        foreach (var character in text)
            line.Append(char.IsControl(character) ? ' ' : character);
        return Encoding.UTF8.GetBytes(VisibleText.Of(line.Append('\n').ToString()));
    }

    private static string NameOf(LogLevel level) =>
        level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };

    private sealed class Logger(ErrorLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (!IsEnabled(logLevel))
                return;
            var kind = LogKind.Of(category, eventId, state);
            var text = formatter(state, exception);
            if (!Writes(category, eventId, text))
                return;
            if (log._limit.Allows(kind, logLevel, text))
                log.Write(kind, logLevel, exception is null ? text : $"{text} {exception}");
        }
    }
}
