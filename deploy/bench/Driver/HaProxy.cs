namespace Router.Bench;

/// <summary>HAProxy with its defaults: a thread for each processor, connections to the backend kept and shared.</summary>
internal static class HaProxy
{
    public static ServerProcess Start(Lab lab, string scheme)
    {
        var (directory, port) = (lab.NewDirectory(), ServerProcess.FreePort());
        var tls = scheme == "https" ? $" ssl verify required ca-file {lab.Backend.Certificate}" : "";
        File.WriteAllText(
            Path.Combine(directory, "haproxy.cfg"),
            $"""
            defaults
                mode http
                timeout connect 5s
                timeout client 130s
                timeout server 60s
                timeout tunnel 1h
            frontend clients
                bind 127.0.0.1:{port} backlog 4096
                option forwardfor
                http-request set-header X-Forwarded-Proto http
                http-request set-header X-Forwarded-Host %[req.hdr(host)]
                default_backend servers
            backend servers
                server one 127.0.0.1:{lab.Backend.PortFor(scheme)}{tls}

            """
        );
        return lab.Run(port, directory, new Dictionary<string, string>(), "haproxy", "-db", "-q", "-f", "haproxy.cfg");
    }
}
