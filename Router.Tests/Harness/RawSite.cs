namespace Router.Tests.Harness;

/// <summary>
/// One Router for all cases of a class that have the same configuration, and a backend whose connections each case takes itself: the class
/// derives its fixture from this. A case disposes of the connections that it took, so that Router makes a new one for the next case.
/// </summary>
public abstract class RawSite : IAsyncLifetime
{
    private readonly Func<string, SiteFile> _file;
    private readonly TimeProvider? _time;

    /// <param name="file">The configuration for a backend's address.</param>
    /// <param name="time">The clock that Router goes by.</param>
    private protected RawSite(Func<string, SiteFile> file, TimeProvider? time = null) => (_file, _time) = (file, time);

    internal RawBackend Backend { get; } = RawBackend.Start();

    internal RunningRouter Router { get; private set; } = null!;

    public async Task InitializeAsync() => Router = await RunningRouter.StartAsync(_file(Backend.Address), _time);

    public async Task DisposeAsync()
    {
        await Router.DisposeAsync();
        await Backend.DisposeAsync();
    }
}
