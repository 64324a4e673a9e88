namespace Router.Tests.Harness;

/// <summary>The PostgreSQL that all drills share. Each drill has its own table.</summary>
public sealed class DrillDatabase : IAsyncLifetime
{
    private PostgresServer? _server;

    /// <summary>It; a drill is skipped where it is not installed.</summary>
    internal PostgresServer Server => _server!;

    public async Task InitializeAsync()
    {
        if (PostgresServer.Programs is not null)
            _server = await PostgresServer.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
