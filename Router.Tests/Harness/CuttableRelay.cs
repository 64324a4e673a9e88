namespace Router.Tests.Harness;

/// <summary>A network between a Router and its Redis. Cut, it loses everything: connections stay, and no byte comes through.</summary>
internal sealed class CuttableRelay(int server) : LoopbackRelay(server)
{
    private volatile bool _isCut;

    public string Redis => $"redis://localhost:{Port}";

    public static CuttableRelay Start(int server) => new(server);

    public void Cut() => _isCut = true;

    protected override ValueTask<bool> PassesAsync(ReadOnlyMemory<byte> bytes, bool toServer, CancellationToken end) => new(!_isCut);
}
