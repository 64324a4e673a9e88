namespace Router.Tests.Harness;

/// <summary>The PostgreSQL that all drills share, from the first class that needs it to the last. Each drill has its own table.</summary>
public sealed class DrillDatabase : IAsyncLifetime
{
    private static readonly SemaphoreSlim One = new(1, 1);
    private static PostgresServer? _server;
    private static int _users;

    /// <summary>It; a drill is skipped where it is not installed.</summary>
    internal PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (PostgresServer.Programs is null)
            return;
        await One.WaitAsync();
        try
        {
            _server ??= await PostgresServer.StartAsync();
            _users++;
            Server = _server;
        }
        finally
        {
            One.Release();
        }
    }

    public async Task DisposeAsync()
    {
        await One.WaitAsync();
        try
        {
            if (_server is null || --_users > 0)
                return;
            await _server.DisposeAsync();
            _server = null;
        }
        finally
        {
            One.Release();
        }
    }
}
