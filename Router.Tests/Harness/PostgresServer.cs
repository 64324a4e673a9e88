using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Router.Tests.Harness;

/// <summary>A PostgreSQL of its own, on a free loopback port. It refuses to run as root, so root starts it as <c>postgres</c>.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-postgres-").FullName;
    private readonly ReservedPort _port = new();
    private Process? _process;

    private PostgresServer() { }

    /// <summary>Where the programs are; null where they are not installed. Debian keeps the server's own ones off the path.</summary>
    public static string? Programs { get; } =
        Directory.Exists("/usr/lib/postgresql")
            ? Directory
                .GetDirectories("/usr/lib/postgresql")
                .Select(version => Path.Combine(version, "bin"))
                .LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
            : null;

    public NpgsqlDataSource Connections { get; private set; } = null!;

    /// <summary>Makes a cluster and waits until it accepts connections.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer();
        if (Environment.IsPrivilegedProcess)
            (await Script.RunAsync("chown", ["postgres", server._directory])).Code.Should().Be(0);
        var data = Path.Combine(server._directory, "data");
        var made = await Script.RunAsync(
            server.Run(
                "initdb",
                "--pgdata",
                data,
                "--username",
                "drill",
                "--auth",
                "trust",
                "--no-sync",
                "--no-locale",
                "--encoding",
                "UTF8"
            )
        );
        made.Code.Should().Be(0, made.Errors);
        server.Start();
        server.Connections = NpgsqlDataSource.Create(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Host=127.0.0.1;Port={server._port.Number};Username=drill;Database=postgres;Maximum Pool Size=200;Timeout=15"
            )
        );
        await Eventually.TrueAsync(server.AcceptsAsync);
        return server;
    }

    /// <summary>Stops it as for maintenance, and starts it again.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        Start();
        // Connections of before are of no use.
        Connections.Clear();
        await Eventually.TrueAsync(AcceptsAsync);
    }

    /// <summary>Runs a statement.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var command = Connections.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Connections.DisposeAsync();
        await StopAsync();
        _port.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StopAsync()
    {
        // SIGINT is its fast shutdown. It goes to the server itself: runuser, its parent, would pass nothing on.
        var id = (await File.ReadAllLinesAsync(Path.Combine(_directory, "data", "postmaster.pid")))[0];
        await Signals.SendAsync(int.Parse(id, CultureInfo.InvariantCulture), "INT");
        await _process!.WaitForExitAsync().InTime();
        _process.Dispose();
    }

    private void Start()
    {
        // Nothing here outlives the process, so that no write has to wait for the disk.
        var start = Run(
            "postgres",
            "-D",
            Path.Combine(_directory, "data"),
            "-k",
            _directory,
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            $"port={_port.Number}",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=300",
            "-c",
            "shared_buffers=16MB"
        );
        (start.RedirectStandardError, start.RedirectStandardOutput) = (true, true);
        _process = Process.Start(start)!;
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null);
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    private async Task<bool> AcceptsAsync()
    {
        _process!.HasExited.Should().BeFalse("PostgreSQL has to start");
        try
        {
            await ExecuteAsync("SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private ProcessStartInfo Run(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs!, program);
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", path, .. arguments])
            : new ProcessStartInfo(path, arguments);
        start.WorkingDirectory = _directory;
        return start;
    }
}
