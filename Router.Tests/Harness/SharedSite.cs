namespace Router.Tests.Harness;

/// <summary>
/// One Router with one backend for all cases of a class that have the same configuration: the class derives its fixture from this.
/// Cases of a class run one after the other. A class whose cases look at what the backend got begins each with
/// <see cref="RecordingBackend.Forget"/>.
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
