namespace Router.Tests.Harness;

/// <summary>
/// One Router with one usual backend, which responds "ok", for all cases of a class that have the same configuration: the class derives
/// its fixture from this. A class whose cases look at what the backend got begins each with <see cref="WireMockBackend.Forget"/>.
/// </summary>
public abstract class SharedWireMockSite : IAsyncLifetime
{
    private readonly Func<string, SiteFile> _file;

    /// <param name="file">The configuration for a backend's address.</param>
    private protected SharedWireMockSite(Func<string, SiteFile> file) => _file = file;

    internal WireMockBackend Backend { get; } = WireMockBackend.RespondingText("ok");

    internal RunningRouter Router { get; private set; } = null!;

    public async Task InitializeAsync() => Router = await RunningRouter.StartAsync(_file(Backend.Address));

    public async Task DisposeAsync()
    {
        await Router.DisposeAsync();
        await Backend.DisposeAsync();
    }
}
