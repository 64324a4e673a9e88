namespace Router.Bench;

/// <summary>nginx as a proxy that does the work of Router's default table: see <see cref="EqualWork"/>.</summary>
internal static class NginxEqual
{
    public static ServerProcess Start(Lab lab, string scheme)
    {
        var (directory, port) = (lab.NewDirectory(), ServerProcess.FreePort());
        var trust =
            scheme == "https"
                ? $"proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_trusted_certificate {lab.Backend.Certificate};"
                : "";
        File.WriteAllText(
            Path.Combine(directory, "nginx.conf"),
            $$"""
            daemon off;
            pid nginx.pid;
            error_log stderr crit;
            worker_processes auto;
            events { worker_connections 20000; }
            http {
                log_format line escape=json '{{EqualWork.LogFormat(Value)}}';
                access_log {{Path.Combine(directory, ServerProcess.OutputName)}} line buffer=64k flush=1s;
                keepalive_requests 1000000000;
                {{Nginx.TemporaryPaths}}
                gzip on;
                gzip_vary on;
                gzip_proxied any;
                gzip_types text/css text/javascript application/javascript application/json image/svg+xml;
                set_real_ip_from {{EqualWork.TrustedProxy}};
                real_ip_header X-Forwarded-For;
                real_ip_recursive on;
                upstream backend {
                    server 127.0.0.1:{{lab.Backend.PortFor(scheme)}};
                    keepalive 128;
                    keepalive_requests 1000000000;
                }
                map $http_upgrade $connection_to_backend { default upgrade; "" ""; }
                server {
                    listen 127.0.0.1:{{port}} backlog=4096;
                    server_name www.example.org;
                    {{string.Join("\n        ", EqualWork.Allowed.Select(range => $"allow {range};"))}}
                    deny all;
                    location / {
                        # Router does not compress what may be personal.
                        if ($http_cookie) { gzip off; }
                        proxy_pass {{scheme}}://backend;
                        {{trust}}
                        proxy_http_version 1.1;
                        proxy_set_header Host $http_host;
                        proxy_set_header Connection $connection_to_backend;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Authorization "Basic {{EqualWork.Credentials}}";
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Forwarded-Host $http_host;
                        proxy_hide_header Strict-Transport-Security;
                        {{string.Join(
                "\n            ",
                EqualWork.Headers.Select(header => $"add_header {header.Name} \"{header.Value}\";")
            )}}
                    }
                }
            }

            """
        );
        return lab.Run(port, directory, new Dictionary<string, string>(), "nginx", "-p", directory, "-c", "nginx.conf");
    }

    private static string Value(string member) =>
        member switch
        {
            "logType" => "\"nginx-access\"",
            "requestId" => "\"$http_x_b3_traceid\"",
            "spanId" => "\"$http_x_b3_spanid\"",
            "parentSpanId" => "\"$http_x_b3_parentspanid\"",
            "isSampled" => "\"$http_x_b3_sampled\"",
            "debugFlag" => "\"$http_x_b3_flags\"",
            "remoteHost" => "\"$remote_addr\"",
            "user" => "\"$remote_user\"",
            "time" => "\"$time_local\"",
            "epochTime" => "$msec",
            "request" => "\"$request\"",
            "status" => "$status",
            "size" => "$body_bytes_sent",
            "requestSize" => "\"$content_length\"",
            "referer" => "\"$http_referer\"",
            "userAgent" => "\"$http_user_agent\"",
            "requestTime" => "$request_time",
            "upstreamConnectTime" => "\"$upstream_connect_time\"",
            "upstreamHeaderTime" => "\"$upstream_header_time\"",
            "upstreamResponseTime" => "\"$upstream_response_time\"",
            "httpHost" => "\"$http_host\"",
            _ => throw new ArgumentOutOfRangeException(nameof(member), member, null),
        };
}
