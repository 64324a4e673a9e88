namespace Router.Tests.Harness;

/// <summary>What <see cref="RawSite"/> is, for clients that speak HTTP/2.</summary>
public abstract class Http2Site : IAsyncLifetime
{
    private readonly Func<string, SiteFile> _file;

    /// <param name="file">The configuration for a backend's address.</param>
    private protected Http2Site(Func<string, SiteFile> file) => _file = file;

    internal RawBackend Backend { get; } = RawBackend.Start();

    internal ListeningRouter Router { get; private set; } = null!;

    public async Task InitializeAsync() => Router = await ListeningRouter.StartAsync(_file(Backend.Address), "Http2");

    public async Task DisposeAsync()
    {
        await Router.DisposeAsync();
        await Backend.DisposeAsync();
    }
}
