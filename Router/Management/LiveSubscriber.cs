using System.Threading.Channels;

namespace Router.Management;

/// <summary>One open page. One that falls behind is not waited for: its connection is closed, and it connects again.</summary>
/// <param name="expect">How many instances its operator expects; null if not given.</param>
/// <param name="abort">Closes its connection, whatever is still being written to it.</param>
public sealed class LiveSubscriber(int? expect, Action abort)
{
    // Half a minute of events.
    private const int MaxWaiting = 32;

    private readonly Channel<ReadOnlyMemory<byte>> _events = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true }
    );

    private readonly Lock _lock = new();
    private bool _hasEnded;

    /// <summary>The events, ready to be sent. They end when the publisher stops.</summary>
    public ChannelReader<ReadOnlyMemory<byte>> Events => _events.Reader;

    /// <summary>How many instances its operator expects, which its verdict takes into account.</summary>
    public int? Expect => expect;

    /// <summary>Whether it has had the whole document.</summary>
    public bool HasAll { get; set; }

    /// <summary>Hands over an event. A page that is too slow is closed.</summary>
    public void Send(ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            if (!_hasEnded && !_events.Writer.TryWrite(bytes))
                abort();
        }
    }

    /// <summary>Ends the events. When it returns, nothing closes the connection any more: another request may use it.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            _events.Writer.TryComplete();
        }
    }
}
