using System.Text;
using Microsoft.Win32.SafeHandles;
using Router.Configuration;

namespace Router.Cli;

/// <summary>
/// Standard output and standard error as the tool writes to them. Texts come from other operators and from clients' requests: hidden
/// characters are escaped when written. When the reader, such as <c>head</c>, has exited, the command ends; with the framework's console it
/// would keep writing without effect.
/// </summary>
public static class OperatorConsole
{
    /// <summary>Erases the current line of a terminal: the only control sequence that is passed through, at the start of a write.</summary>
    public const string EraseLine = "\r\u001b[K";

    // EPIPE on Linux and macOS: the framework passes on the system's error code.
    private const int BrokenPipe = 32;

    /// <summary>Opens both for a command.</summary>
    public static ToolContext Open() =>
        new()
        {
            Output = Visible(OpenOutput()),
            Error = Visible(Console.Error),
            Width = Console.IsOutputRedirected ? null : Console.WindowWidth,
        };

    /// <summary>A writer, for any number of threads, that escapes hidden characters.</summary>
    public static TextWriter Visible(TextWriter output) => TextWriter.Synchronized(new VisibleWriter(output));

    /// <summary>Whether an exception means that the output has lost its reader.</summary>
    public static bool IsClosed(IOException error) => error.HResult == BrokenPipe;

    // A file is left to the framework, which keeps its position if several programs write to it.
    private static TextWriter OpenOutput()
    {
        if (!Console.IsOutputRedirected)
            return Console.Out;
        try
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek
                ? Console.Out
                : new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // There is no standard output, or it is not writable: the framework drops what is written.
            return Console.Out;
        }
    }

    private sealed class VisibleWriter(TextWriter output) : TextWriter
    {
        public override Encoding Encoding => output.Encoding;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

        public override void Write(string? value)
        {
            if (value is null)
                return;
            var erases = value.StartsWith(EraseLine, StringComparison.Ordinal);
            output.Write(erases ? $"{EraseLine}{VisibleText.Of(value[EraseLine.Length..])}" : VisibleText.Of(value));
        }

        public override void WriteLine(string? value) => Write($"{value}\n");

        public override void Flush() => output.Flush();
    }
}
