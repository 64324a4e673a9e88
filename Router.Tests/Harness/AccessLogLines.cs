using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Router.Tests.Harness;

/// <summary>What Router would write to standard output. A test can keep the reader from reading, or let it fail.</summary>
internal sealed class AccessLogLines : Stream
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly ManualResetEventSlim _open = new(true);
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<byte> _begun = [];

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether writing fails, as on a full disk.</summary>
    public bool Fails { get; set; }

    /// <summary>Whether lines are dropped, for a test that makes more of them than it has memory for.</summary>
    public bool Forgets { get; set; }

    /// <summary>Ends when a write has failed.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Ends when Router stands still in a write since <see cref="Stall"/>.</summary>
    public Task Stalled => _stalled.Task;

    /// <summary>How many lines are there and have not been taken.</summary>
    public int Count => _lines.Reader.Count;

    /// <summary>From now on nobody reads.</summary>
    public void Stall() => _open.Reset();

    /// <summary>Reading goes on.</summary>
    public void GoOn() => _open.Set();

    /// <summary>The next line, as it is.</summary>
    public Task<string> NextLineAsync() => _lines.Reader.ReadAsync().InTime();

    /// <summary>The next line, which must be JSON.</summary>
    public async Task<JsonObject> NextAsync() => JsonNode.Parse(await NextLineAsync())!.AsObject();

    /// <summary>The next line of a request with this request line; the lines before it are passed over.</summary>
    public async Task<JsonObject> NextAsync(string request)
    {
        while (true)
        {
            var line = await NextAsync();
            if (line.Text("request") == request)
                return line;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!_open.IsSet)
            _stalled.TrySetResult();
        _open.Wait();
        if (Fails)
        {
            _failed.TrySetResult();
            throw new IOException("No space left on device");
        }

        foreach (var octet in buffer)
        {
            if (octet != '\n')
            {
                _begun.Add(octet);
                continue;
            }

            if (!Forgets)
                _lines.Writer.TryWrite(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. _begun]));
            _begun.Clear();
        }
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _open.Dispose();
        base.Dispose(disposing);
    }
}
