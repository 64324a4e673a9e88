using System.Collections.Concurrent;

namespace Router.Telemetry;

/// <summary>
/// Prevents clients from filling the log. Of each kind of line, <see cref="MaxLines"/> are written per <see cref="Window"/>; the others are
/// counted, and the count is written when the window ends.
/// </summary>
/// <param name="summarise">Writes how many lines of a kind were suppressed; the text is the last of them.</param>
/// <param name="time">The clock.</param>
public sealed class LogLimit(Action<LogKind, LogLevel, string, int> summarise, TimeProvider time) : IDisposable
{
    /// <summary>How many lines of one kind are written in a window.</summary>
    public const int MaxLines = 30;

    /// <summary>The duration of a window.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<LogKind, Counter> _counters = new();

    /// <summary>Whether a line may be written now.</summary>
    public bool Allows(LogKind kind, LogLevel level, string text) =>
        _counters.GetOrAdd(kind, static (kind, limit) => new Counter(kind, limit), this).Allows(level, text);

    public void Dispose()
    {
        foreach (var counter in _counters.Values)
            counter.Dispose();
    }

    private sealed class Counter(LogKind kind, LogLimit limit) : IDisposable
    {
        private readonly Lock _lock = new();
        private ITimer? _timer;
        private long? _began;
        private int _written;
        private int _suppressed;
        private (LogLevel Level, string Text) _last;

        public bool Allows(LogLevel level, string text)
        {
            lock (_lock)
            {
                if (_began is not { } began || (_suppressed == 0 && limit.Time.GetElapsedTime(began) >= Window))
                    (_began, _written) = (limit.Time.GetTimestamp(), 0);
                if (_written < MaxLines)
                {
                    _written++;
                    return true;
                }

                _last = (level, text);
                if (_suppressed++ > 0)
                    return false;
                var rest = Window - limit.Time.GetElapsedTime(_began.Value);
                _timer ??= limit.Time.CreateTimer(
                    static self => ((Counter)self!).End(),
                    this,
                    Timeout.InfiniteTimeSpan,
                    Timeout.InfiniteTimeSpan
                );
                _timer.Change(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                return false;
            }
        }

        public void Dispose()
        {
            lock (_lock)
                _timer?.Dispose();
            // Report what has been suppressed so far before ending.
            End();
        }

        private void End()
        {
            int suppressed;
            (LogLevel Level, string Text) last;
            lock (_lock)
            {
                (suppressed, last) = (_suppressed, _last);
                (_suppressed, _began, _last) = (0, null, default);
            }

            if (suppressed > 0)
                limit.Summarise(kind, last.Level, last.Text, suppressed);
        }
    }

    private TimeProvider Time => time;

    private void Summarise(LogKind kind, LogLevel level, string text, int suppressed) => summarise(kind, level, text, suppressed);
}
