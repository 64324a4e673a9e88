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
    private readonly ReservedPort _port;

    private NginxServer(string directory, Process process, ReservedPort port) => (_directory, _process, _port) = (directory, process, port);

    public int Port => _port.Number;

    /// <summary>Starts one.</summary>
    /// <param name="application">The application's address.</param>
    /// <param name="tls">Its certificate and the key; null for cleartext.</param>
    public static async Task<NginxServer> StartAsync(string application, (string Certificate, string Key)? tls = null)
    {
        var directory = Directory.CreateTempSubdirectory("router-nginx-").FullName;
        var port = new ReservedPort();
        var configuration = Path.Combine(directory, "nginx.conf");
        await File.WriteAllTextAsync(configuration, Configuration(directory, port.Number, application, tls));
        var process = Process.Start(Programs.Find("nginx")!, ["-c", configuration, "-p", directory]);
        await AcceptsAsync(process, port.Endpoint);
        return new NginxServer(directory, process, port);
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
        _port.Dispose();
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

    private static async Task AcceptsAsync(Process process, IPEndPoint endpoint)
    {
        while (!process.HasExited)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(endpoint).InTime();
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(5);
            }
        }

        throw new InvalidOperationException("nginx does not start");
    }
}
