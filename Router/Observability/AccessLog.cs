using System.Threading.Channels;
using Router.Forwarding.InFlight;

namespace Router.Observability;

/// <summary>
/// One line of JSON on standard output for each request, in the original router's words.
/// A request makes its line, lays it on the heap of those that wait, and is done: it never waits for whoever reads the output.
/// When the reader falls so far behind that <see cref="MostWaiting"/> bytes wait, lines are dropped and counted, in place of
/// letting them take the memory that requests need. On the way down the server stops first and the log last,
/// so that the requests that end meanwhile have their lines too.
/// </summary>
public sealed class AccessLog(Stream? output, RouterMetrics metrics, TimeProvider time) : IHostedService
{
    /// <summary>The bytes that may wait: at 1 KiB for a usual line, half a minute of a thousand requests each second.</summary>
    public const int MostWaiting = 32 << 20;

    // What a pipe holds on Linux: more at once would not go through in one step either.
    private const int BatchSize = 64 << 10;

    // Of the ten seconds until the platform kills, the server may use nine.
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(0.5);

    // Bounded by bytes, in Write, and not by their number: a line may have a hundred bytes or a hundred thousand.
    private readonly Channel<AccessLogLine> _lines = Channel.CreateUnbounded<AccessLogLine>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _batch = new byte[BatchSize];
    private int _batchLength;
    private int _batchLines;
    private long _waiting;

    /// <summary>Adds it to the application's services. It must stand before the server, which is added last and stopped first.</summary>
    /// <param name="services">The services.</param>
    /// <param name="output">Where the lines go; null for standard output.</param>
    public static void AddTo(IServiceCollection services, Stream? output)
    {
        services.AddSingleton(provider => new AccessLog(output, provider.GetRequiredService<RouterMetrics>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => provider.GetRequiredService<AccessLog>());
    }

    /// <summary>Writes the line of a request that has ended.</summary>
    public void Write(HttpContext context, Exchange exchange)
    {
        var line = AccessLogLine.Of(context, exchange, time);
        var room = Interlocked.Add(ref _waiting, line.Memory) <= MostWaiting;
        if (room && _lines.Writer.TryWrite(line))
            return;
        Release(line);
        metrics.LinesLost(1, room ? "stopped" : "behind");
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // A thread of its own: writing to a console or a pipe blocks, and must not block one of those that serve requests.
        new Thread(WriteAll) { Name = "access log", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _lines.Writer.TryComplete();
        await _written.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _written.Task.WaitAsync(LastWait, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void WriteAll()
    {
        var to = output ?? Console.OpenStandardOutput();
        while (_lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_lines.Reader.TryRead(out var line))
            {
                Append(to, line.Bytes);
                Release(line);
            }

            Flush(to);
        }

        _written.SetResult();
    }

    private void Append(Stream to, ReadOnlySpan<byte> line)
    {
        if (line.Length > BatchSize - _batchLength)
            Flush(to);
        if (line.Length > BatchSize)
        {
            Put(to, line, 1);
            return;
        }

        line.CopyTo(_batch.AsSpan(_batchLength));
        _batchLength += line.Length;
        _batchLines++;
    }

    private void Flush(Stream to)
    {
        if (_batchLength > 0)
            Put(to, _batch.AsSpan(0, _batchLength), _batchLines);
        (_batchLength, _batchLines) = (0, 0);
    }

    private void Put(Stream to, ReadOnlySpan<byte> bytes, int lines)
    {
        try
        {
            to.Write(bytes);
            to.Flush();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // A full disk, or a reader that is gone: the site is served without its log.
            metrics.LinesLost(lines, "not_written");
        }
    }

    private void Release(AccessLogLine line)
    {
        Interlocked.Add(ref _waiting, -line.Memory);
        line.Release();
    }
}
