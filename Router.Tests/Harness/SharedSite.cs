namespace Router.Tests.Harness;

/// <summary>
/// The same as <see cref="SharedWireMockSite"/> with a backend on raw sockets, for cases that give a response byte by byte, or that look at
/// raw targets, headers as they were sent, or connections. Cases of a class run one after the other. A class whose cases look at what the
/// backend got begins each with <see cref="RecordingBackend.Forget"/>.
/// </summary>
public abstract class SharedSite : IAsyncLifetime
{
    private readonly Func<string, SiteFile> _file;

    /// <param name="file">The configuration for a backend's address.</param>
    private protected SharedSite(Func<string, SiteFile> file) => _file = file;

    internal RecordingBackend Backend { get; } = new();

    internal RunningRouter Router { get; private set; } = null!;

    public async Task InitializeAsync() => Router = await RunningRouter.StartAsync(_file(Backend.Address));

    public async Task DisposeAsync()
    {
        await Router.DisposeAsync();
        await Backend.DisposeAsync();
    }
}
