using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>A Redis of its own, on a free port, which can be killed and come back with its data or without.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-redis-").FullName;
    private readonly ReservedPort _port = new();
    private readonly string[] _options;
    private Process? _process;

    private RedisServer(string[] options) => _options = options;

    /// <summary>Where the program is; null where it is not installed.</summary>
    public static string? Program { get; } = Programs.Find("redis-server");

    public int Port => _port.Number;

    public string Url => $"redis://localhost:{Port}";

    /// <summary>Starts one; with <paramref name="tls"/> it speaks nothing else.</summary>
    public static async Task<RedisServer> StartAsync((string Certificate, string Key)? tls = null, params string[] options)
    {
        var server = new RedisServer(
            tls is { } files
                ? [.. options, "--tls-cert-file", files.Certificate, "--tls-key-file", files.Key, "--tls-auth-clients", "no"]
                : options
        );
        await server.RunAsync();
        return server;
    }

    /// <summary>Deletes all that it holds.</summary>
    public async Task WipeAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port).InTime();
        await client.GetStream().WriteAsync("FLUSHALL\r\n"u8.ToArray()).InTime();
        var reply = new byte[5];
        await client.GetStream().ReadExactlyAsync(reply).InTime();
        reply.Should().Equal("+OK\r\n"u8.ToArray());
    }

    /// <summary>Sends it a signal.</summary>
    public Task SignalAsync(string name) => Signals.SendAsync(_process!.Id, name);

    /// <summary>Ends it as a machine that fails ends it.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync().InTime();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again on the same port.</summary>
    public async Task ReturnAsync(bool withData)
    {
        if (!withData)
        {
            Directory.Delete(_directory, recursive: true);
            Directory.CreateDirectory(_directory);
        }

        await RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        _port.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task RunAsync()
    {
        string[] ports = _options.Contains("--tls-cert-file") ? ["--port", "0", "--tls-port", $"{Port}"] : ["--port", $"{Port}"];
        var start = new ProcessStartInfo(Program!) { RedirectStandardOutput = true, WorkingDirectory = _directory };
        // Each write is on the disk when it is confirmed.
        foreach (
            var argument in (string[])
                ["--bind", "127.0.0.1", .. ports, "--appendonly", "yes", "--appendfsync", "always", "--save", "", .. _options]
        )
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync().InTime() is { } line)
        {
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal))
                continue;
            _ = process.StandardOutput.ReadToEndAsync();
            _process = process;
            return;
        }

        process.Dispose();
        throw new InvalidOperationException("redis-server does not start");
    }
}
