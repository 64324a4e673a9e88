using System.Buffers;
using Router.Forwarding.InFlight;

namespace Router.Observability;

/// <summary>
/// One line of JSON on standard output for each request, in the original router's words.
/// A request makes its line, adds it to those that wait, and is done: it never waits for whoever reads the output.
/// When the reader falls so far behind that <see cref="MostWaiting"/> bytes wait, lines are dropped and counted, in place of
/// letting them take the memory that requests need. On the way down the server stops first and the log last,
/// so that the requests that end meanwhile have their lines too.
/// </summary>
public sealed class AccessLog(Stream? output, RouterMetrics metrics, TimeProvider time) : IHostedService
{
    /// <summary>The bytes that may wait: at 1 KiB for a usual line, half a minute of a thousand requests each second.</summary>
    public const int MostWaiting = 32 << 20;

    // What a pipe holds on Linux: more at once would not go through in one step either.
    private const int BlockSize = 64 << 10;

    // Waking the thread that writes costs more than a line. One that comes alone is written at once; those that follow gather.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);

    // Of the ten seconds until the platform kills, the server may use nine.
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(0.5);

    // A monitor and no Lock: the thread that writes waits on it.
    private readonly object _gate = new();
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<Block> _waiting = [];
    private long _memory;
    private bool _isComplete;
    private bool _isIdle;

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
        bool isAdded, isComplete;
        lock (_gate)
        {
            isComplete = _isComplete;
            isAdded = !isComplete && TryAdd(line);
            if (isAdded && _isIdle)
                Wake();
        }

        if (!isAdded)
            metrics.LinesLost(1, isComplete ? "stopped" : "behind");
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
        lock (_gate)
        {
            _isComplete = true;
            Wake();
        }

        await _written.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _written.Task.WaitAsync(LastWait, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Wake()
    {
        _isIdle = false;
        Monitor.Pulse(_gate);
    }

    private bool TryAdd(ReadOnlySpan<byte> line)
    {
        if (_waiting.Count == 0 || !_waiting[^1].HasRoomFor(line.Length))
        {
            var size = Math.Max(line.Length, BlockSize);
            if (Volatile.Read(ref _memory) + size > MostWaiting)
                return false;
            Interlocked.Add(ref _memory, size);
            _waiting.Add(new Block(size));
        }

        _waiting[^1].Add(line);
        return true;
    }

    private void WriteAll()
    {
        var to = output ?? Console.OpenStandardOutput();
        List<Block> taken = [];
        var isLast = false;
        while (!isLast)
        {
            lock (_gate)
            {
                _isIdle = _waiting.Count == 0 && !_isComplete;
                while (_isIdle)
                    Monitor.Wait(_gate);
                isLast = _isComplete;
                (taken, _waiting) = (_waiting, taken);
            }

            foreach (var block in taken)
                Write(to, block);
            taken.Clear();
            Gather();
        }

        _written.SetResult();
    }

    private void Gather()
    {
        lock (_gate)
        {
            if (!_isComplete)
                Monitor.Wait(_gate, Gathering);
        }
    }

    private void Write(Stream to, Block block)
    {
        try
        {
            to.Write(block.Bytes);
            to.Flush();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // A full disk, or a reader that is gone: the site is served without its log.
            metrics.LinesLost(block.Lines, "not_written");
        }

        Interlocked.Add(ref _memory, -block.Size);
        block.Release();
    }

    /// <summary>Whole lines, in memory of the shared pool.</summary>
    private sealed class Block(int size)
    {
        private readonly byte[] _memory = ArrayPool<byte>.Shared.Rent(size);
        private int _length;

        public int Size => size;

        public int Lines { get; private set; }

        public ReadOnlySpan<byte> Bytes => _memory.AsSpan(0, _length);

        public bool HasRoomFor(int length) => length <= size - _length;

        public void Add(ReadOnlySpan<byte> line)
        {
            line.CopyTo(_memory.AsSpan(_length));
            _length += line.Length;
            Lines++;
        }

        public void Release() => ArrayPool<byte>.Shared.Return(_memory);
    }
}
