using System.Buffers;
using Router.Metrics;

namespace Router.Telemetry;

/// <summary>
/// Writes lines to an output that may be slow, stalled, full or closed, on a thread of its own: the caller appends a line and continues.
/// When the reader falls so far behind that <c>maxBytes</c> bytes are queued, lines are dropped and counted rather than taking the memory
/// that requests need.
/// </summary>
/// <param name="name">The thread's name.</param>
/// <param name="output">Opens the output; null if there is none.</param>
/// <param name="maxBytes">The maximum number of queued bytes.</param>
/// <param name="lost">Called with the number of lost lines and the reason.</param>
public sealed class LineWriter(string name, Func<Stream?> output, int maxBytes, Action<int, string> lost)
{
    // The capacity of a pipe on Linux: more at once would not be written in one step either.
    private const int BlockSize = 64 << 10;

    // Waking the writer thread costs more than a line. A single line is written at once; those that follow are batched.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);

    // Of the ten seconds until the platform kills the process, the server may use nine, and there are two logs.
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(0.4);

    // A monitor rather than a Lock: the writer thread waits on it.
    private readonly object _gate = new();
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<Block> _waiting = [];
    private long _memory;
    private long _blocksWritten;
    private bool _isComplete;
    private bool _isIdle;

    /// <summary>Starts the thread. Writing to a console or a pipe blocks, and must not block a thread that serves requests.</summary>
    public void Start() => new Thread(WriteAll) { Name = name, IsBackground = true }.Start();

    /// <summary>Appends a line, including its end. If there is no room for it, it is lost and counted.</summary>
    public void Write(ReadOnlySpan<byte> line)
    {
        if (!TryWrite(line))
            lost(1, Volatile.Read(ref _isComplete) ? LogLoss.Stopped : LogLoss.Behind);
    }

    /// <summary>Appends a line, including its end. Returns false if there is no room for it.</summary>
    public bool TryWrite(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            var isAdded = !_isComplete && TryAdd(line);
            if (isAdded && _isIdle)
                Wake();
            return isAdded;
        }
    }

    /// <summary>Accepts no more lines, and waits until the queued ones are written, or until the reader has stopped reading.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            _isComplete = true;
            Wake();
        }

        long before;
        do
        {
            before = Volatile.Read(ref _blocksWritten);
            await _written.Task.WaitAsync(LastWait, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        } while (!_written.Task.IsCompleted && !cancellation.IsCancellationRequested && Volatile.Read(ref _blocksWritten) != before);
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
            if (Volatile.Read(ref _memory) + size > maxBytes)
                return false;
            Interlocked.Add(ref _memory, size);
            _waiting.Add(new Block(size));
        }

        _waiting[^1].Add(line);
        return true;
    }

    private void WriteAll()
    {
        var to = Open();
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

    private Stream? Open()
    {
        try
        {
            return output();
        }
        catch (Exception failure) when (IsOutputFailure(failure))
        {
            return null;
        }
    }

    private void Gather()
    {
        lock (_gate)
        {
            if (!_isComplete)
                Monitor.Wait(_gate, Gathering);
        }
    }

    private void Write(Stream? to, Block block)
    {
        if (!TryWrite(to, block.Bytes))
            lost(block.Lines, LogLoss.NotWritten);
        Interlocked.Increment(ref _blocksWritten);
        Interlocked.Add(ref _memory, -block.Size);
        block.Release();
    }

    private static bool TryWrite(Stream? to, ReadOnlySpan<byte> bytes)
    {
        try
        {
            to?.Write(bytes);
            to?.Flush();
            return to is not null;
        }
        catch (Exception failure) when (IsOutputFailure(failure))
        {
            // A full disk, or a reader that is gone: the site is served without its log.
            return false;
        }
    }

    private static bool IsOutputFailure(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException or ArgumentException;

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
