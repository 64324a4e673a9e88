using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Router.Tests.Harness;

/// <summary>What Router logs, line by line.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

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

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Writer.TryWrite($"{logLevel}: {formatter(state, exception)}");

    public void Dispose()
    {
    }
}
