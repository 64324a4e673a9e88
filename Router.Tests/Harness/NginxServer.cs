using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>
/// An nginx of its own that speaks HTTP/2, ends each connection after fifty requests, and writes each request to its log. What is below
/// <c>/app/</c> it passes on to an application; to anything else it responds itself, without waiting for the request's body.
/// </summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly string _directory;
    private readonly Process _process;

    private NginxServer(string directory, Process process, int port) => (_directory, _process, Port) = (directory, process, port);

    public int Port { get; }

    /// <summary>Starts one.</summary>
    /// <param name="application">The application's address.</param>
    /// <param name="tls">Its certificate and the key; null for cleartext.</param>
    public static async Task<NginxServer> StartAsync(string application, (string Certificate, string Key)? tls = null)
    {
        var directory = Directory.CreateTempSubdirectory("router-nginx-").FullName;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var port = FreePort();
            var configuration = Path.Combine(directory, "nginx.conf");
            await File.WriteAllTextAsync(configuration, Configuration(directory, port, application, tls));
            var process = Process.Start(Programs.Find("nginx")!, ["-c", configuration, "-p", directory]);
            if (await AcceptsAsync(process, port))
                return new NginxServer(directory, process, port);
            process.Dispose();
        }

        throw new InvalidOperationException("nginx does not start");
    }

    /// <summary>Stops it, and gives a line for each request that it has processed: its path and its status.</summary>
    public async Task<string[]> StopAsync()
    {
        await Signals.SendAsync(_process.Id, "QUIT");
        await _process.WaitForExitAsync().InTime();
        return await File.ReadAllLinesAsync(Path.Combine(_directory, "log"));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().InTime();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Configuration(string directory, int port, string application, (string Certificate, string Key)? tls) =>
        $$"""
            daemon off; master_process off; pid {{directory}}/pid; error_log stderr error;
            events { worker_connections 1024; }
            http {
              log_format path "$uri $status"; access_log {{directory}}/log path;
              keepalive_requests 50;
              client_body_temp_path {{directory}}/b; proxy_temp_path {{directory}}/p; fastcgi_temp_path {{directory}}/f;
              uwsgi_temp_path {{directory}}/u; scgi_temp_path {{directory}}/s;
              server {
                listen 127.0.0.1:{{port}} http2 {{(
                tls is { } files ? $"ssl; ssl_certificate {files.Certificate}; ssl_certificate_key {files.Key}" : ""
            )}};
                location / { return 200 "ok"; }
                location /app/ { proxy_pass {{application}}; }
              }
            }
            """;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> AcceptsAsync(Process process, int port)
    {
        while (!process.HasExited)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port).InTime();
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(5);
            }
        }

        return false;
    }
}
