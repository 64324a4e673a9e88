using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Router.Telemetry;

/// <summary>Standard output and standard error, as streams that report when a line was not written.</summary>
public static class StandardStreams
{
    private const int NonBlocking = 2048;

    public static Stream OpenOutput() => Open(1, Console.OpenStandardOutput);

    public static Stream OpenError() => Open(2, Console.OpenStandardError);

    // The console's stream silently drops data written to a pipe that has lost its reader; a file stream throws. The console's is used for
    // what the other cannot do: a file, whose position may be shared with another process, and an output that never blocks.
    private static Stream Open(int number, Func<Stream> console)
    {
        // Without /proc nothing is known about it.
        var information = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{number}");
        if (!File.Exists(information) || IsNonBlocking(information))
            return console();
        var stream = new FileStream(new SafeFileHandle(number, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? console() : stream;
    }

    // proc(5): the flags of open(2), in octal.
    private static bool IsNonBlocking(string information)
    {
        var flags = File.ReadLines(information).First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return (Convert.ToInt64(flags["flags:".Length..].Trim(), 8) & NonBlocking) != 0;
    }
}
