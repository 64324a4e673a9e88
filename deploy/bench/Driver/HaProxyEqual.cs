namespace Router.Bench;

/// <summary>HAProxy that does the work of Router's default table: see <see cref="EqualWork"/>.</summary>
internal static class HaProxyEqual
{
    // The request's headers are gone when the line is written.
    private static readonly (string Member, string Header)[] Captured =
    [
        ("requestId", "X-B3-TraceId"),
        ("spanId", "X-B3-SpanId"),
        ("parentSpanId", "X-B3-ParentSpanId"),
        ("isSampled", "X-B3-Sampled"),
        ("debugFlag", "X-B3-Flags"),
        ("requestSize", "Content-Length"),
        ("referer", "Referer"),
        ("userAgent", "User-Agent"),
        ("httpHost", "Host"),
    ];

    public static ServerProcess Start(Lab lab, string scheme)
    {
        var (directory, port) = (lab.NewDirectory(), ServerProcess.FreePort());
        var tls = scheme == "https" ? $" ssl verify required ca-file {lab.Backend.Certificate}" : "";
        File.WriteAllText(
            Path.Combine(directory, "haproxy.cfg"),
            $$"""
            global
                log stdout len 4096 format raw local0
                tune.http.logurilen 4096
            defaults
                mode http
                log global
                timeout connect 5s
                timeout client 130s
                timeout server 60s
                timeout tunnel 1h
            frontend clients
                bind 127.0.0.1:{{port}} backlog 4096
                log-format '{{EqualWork.LogFormat(Value)}}'
                {{string.Join("\n    ", Captured.Select(one => $"http-request capture req.hdr({one.Header}) len 512"))}}
                http-request set-src req.hdr(X-Forwarded-For,-1) if { src {{EqualWork.TrustedProxy}} } { req.hdr(X-Forwarded-For) -m found }
                http-request deny deny_status 403 unless { src {{string.Join(" ", EqualWork.Allowed)}} }
                http-request set-header Authorization "Basic {{EqualWork.Credentials}}"
                option forwardfor
                http-request set-header X-Forwarded-Proto http
                http-request set-header X-Forwarded-Host %[req.hdr(host)]
                acl personal req.hdr(Cookie) -m found
                use_backend personal if personal
                default_backend servers
            backend servers
                compression algo gzip
                compression type text/html text/css text/javascript application/javascript application/json image/svg+xml
                {{Common(lab, scheme, tls)}}
            # Router does not compress what may be personal.
            backend personal
                {{Common(lab, scheme, tls)}}

            """
        );
        return lab.Run(port, directory, new Dictionary<string, string>(), "haproxy", "-db", "-f", "haproxy.cfg");
    }

    private static string Common(Lab lab, string scheme, string tls) =>
        string.Join(
            "\n    ",
            [
                "http-response del-header Server",
                "http-response del-header Strict-Transport-Security",
                .. EqualWork.Headers.Select(header => $"http-response add-header {header.Name} \"{header.Value}\""),
                $"server one 127.0.0.1:{lab.Backend.PortFor(scheme)}{tls}",
            ]
        );

    private static string Value(string member) =>
        member switch
        {
            "logType" => "\"nginx-access\"",
            "remoteHost" => "\"%ci\"",
            // From Authorization, which is replaced.
            "user" => "\"\"",
            "time" => "\"%Tl\"",
            "epochTime" => "%Ts.%ms",
            "request" => "\"%[capture.req.method] %[capture.req.uri,json(utf8s)] %[capture.req.ver]\"",
            "status" => "%ST",
            "size" => "%B",
            "requestTime" => "%Ta",
            "upstreamConnectTime" => "\"%Tc\"",
            "upstreamHeaderTime" => "\"%Tr\"",
            "upstreamResponseTime" => "\"%Td\"",
            _ => $"\"%[capture.req.hdr({Array.FindIndex(Captured, one => one.Member == member)}),json(utf8s)]\"",
        };
}
