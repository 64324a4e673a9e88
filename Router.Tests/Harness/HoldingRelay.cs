using System.Text;
using Router.Http;

namespace Router.Tests.Harness;

/// <summary>Sits between a client and a server, and keeps what the client sends from a text on until the test lets it through.</summary>
internal sealed class HoldingRelay(int server, string text) : LoopbackRelay(server)
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letThrough = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _text = Encoding.ASCII.GetBytes(text);

    /// <summary>Ends when the text has come and is kept.</summary>
    public Task Held => _held.Task.InTime();

    public static HoldingRelay Start(int server, string text) => new(server, text);

    public void LetThrough() => _letThrough.SetResult();

    protected override async ValueTask<bool> PassesAsync(ReadOnlyMemory<byte> bytes, bool toServer, CancellationToken end)
    {
        if (toServer && bytes.Span.IndexOf(_text) >= 0)
        {
            _held.TrySetResult();
            await _letThrough.Task.WaitAsync(end);
        }

        return true;
    }
}
