using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Router.Bench;

/// <summary>The one nginx that everything is forwarded to, in cleartext and over TLS.</summary>
internal sealed class Backend
{
    public const int PageLength = 8 * 1024;
    public const int LargeLength = 100 * 1024;

    private Backend(int port, int tlsPort, int echoPort, string certificate) =>
        (Port, TlsPort, EchoPort, Certificate) = (port, tlsPort, echoPort, certificate);

    public int Port { get; }

    public int TlsPort { get; }

    /// <summary>Where it looks for <c>/ws</c>, which nginx can't respond itself.</summary>
    public int EchoPort { get; }

    public int PortFor(string scheme) => scheme == "https" ? TlsPort : Port;

    /// <summary>The file of the certificate that it shows, which is its own authority.</summary>
    public string Certificate { get; }

    public static async Task<Backend> StartAsync(Lab lab)
    {
        var directory = lab.NewDirectory();
        var (port, tlsPort, echoPort) = (ServerProcess.FreePort(), ServerProcess.FreePort(), ServerProcess.FreePort());
        var certificate = WriteCertificate(directory);
        File.WriteAllText(Path.Combine(directory, "page.html"), Filler("<!doctype html>\n<title>A page</title>\n", PageLength));
        File.WriteAllText(Path.Combine(directory, "style.css"), Filler("p { color: black }\n", PageLength));
        File.WriteAllText(Path.Combine(directory, "large.bin"), Filler("", LargeLength));
        File.WriteAllText(
            Path.Combine(directory, "nginx.conf"),
            $$"""
            daemon off;
            pid nginx.pid;
            error_log stderr error;
            worker_processes auto;
            events { worker_connections 20000; }
            http {
                access_log off;
                keepalive_requests 1000000000;
                sendfile on;
                tcp_nopush on;
                open_file_cache max=100;
                {{Nginx.TemporaryPaths}}
                types { }
                default_type application/octet-stream;
                server {
                    listen 127.0.0.1:{{port}} backlog=4096;
                    listen 127.0.0.1:{{tlsPort}} ssl backlog=4096;
                    ssl_certificate backend.crt;
                    ssl_certificate_key backend.key;
                    root {{directory}};
                    location / { default_type text/plain; return 200 "Hello, world\n"; }
                    location = /page.html {
                        default_type "text/html; charset=utf-8";
                        add_header Cache-Control "private, max-age=0";
                        add_header Vary "Cookie";
                        add_header Content-Language "en";
                        add_header Referrer-Policy "strict-origin-when-cross-origin";
                        add_header X-Frame-Options "DENY";
                    }
                    location = /large.bin { }
                    location = /style.css { default_type text/css; }
                    location = /credentials {
                        default_type text/plain;
                        if ($http_authorization != "Basic {{EqualWork.Credentials}}") { return 401; }
                        return 200 "Hello, world\n";
                    }
                    # The body is read to its end before the response, as an application does it; nginx alone would respond before.
                    location = /upload {
                        client_max_body_size 0;
                        client_body_buffer_size 256k;
                        proxy_pass http://127.0.0.1:{{port}}/;
                        proxy_pass_request_body off;
                        proxy_set_header Content-Length "";
                    }
                    location = /ws {
                        proxy_pass http://127.0.0.1:{{echoPort}};
                        proxy_http_version 1.1;
                        proxy_set_header Connection upgrade;
                        proxy_set_header Upgrade $http_upgrade;
                    }
                }
            }

            """
        );
        await lab.Run(port, directory, new Dictionary<string, string>(), "nginx", "-p", directory, "-c", "nginx.conf").ListensAsync();
        return new Backend(port, tlsPort, echoPort, certificate);
    }

    private static string Filler(string start, int length) => start + new string('x', length - start.Length);

    private static string WriteCertificate(string directory)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=backend", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        // nginx compares names only, and no addresses.
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var path = Path.Combine(directory, "backend.crt");
        File.WriteAllText(path, certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "backend.key"), key.ExportPkcs8PrivateKeyPem());
        return path;
    }
}
