namespace Router.Bench;

/// <summary>nginx as a proxy: with kept-alive connections to the backend, or as the original router used it.</summary>
internal static class Nginx
{
    /// <summary>Everything that nginx writes stays below its own directory.</summary>
    public const string TemporaryPaths =
        "client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;";

    public static ServerProcess Start(Lab lab, string scheme, bool keptAlive)
    {
        var (directory, port, backendPort) = (lab.NewDirectory(), ServerProcess.FreePort(), lab.Backend.PortFor(scheme));
        var connection = keptAlive ? "" : "close";
        // The original looks its backends up by name while it runs, so the address is a variable; with one, nginx keeps no TLS session
        // either.
        var target = keptAlive ? $"{scheme}://backend" : "$backend";
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
                {{TemporaryPaths}}
                upstream backend {
                    server 127.0.0.1:{{backendPort}};
                    {{(keptAlive ? "keepalive 128; keepalive_requests 1000000000;" : "")}}
                }
                map $http_upgrade $connection_to_backend { default upgrade; "" "{{connection}}"; }
                server {
                    listen 127.0.0.1:{{port}} backlog=4096;
                    location / {
                        set $backend {{scheme}}://127.0.0.1:{{backendPort}};
                        proxy_pass {{target}};
                        proxy_http_version 1.1;
                        proxy_set_header Connection $connection_to_backend;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Forwarded-Host $http_host;
                    }
                }
            }

            """
        );
        return lab.Run(port, directory, new Dictionary<string, string>(), "nginx", "-p", directory, "-c", "nginx.conf");
    }
}
