namespace Router.Bench;

/// <summary>Caddy with its defaults.</summary>
internal static class Caddy
{
    public static ServerProcess Start(Lab lab, string scheme)
    {
        var (directory, port) = (lab.NewDirectory(), ServerProcess.FreePort());
        var tls = scheme == "https" ? $"transport http {{\n            tls_trusted_ca_certs {lab.Backend.Certificate}\n        }}" : "";
        File.WriteAllText(
            Path.Combine(directory, "Caddyfile"),
            $$"""
            {
                admin off
                auto_https off
            }
            http://:{{port}} {
                bind 127.0.0.1
                reverse_proxy {{scheme}}://127.0.0.1:{{lab.Backend.PortFor(scheme)}} {
                    {{tls}}
                }
            }

            """
        );
        var environment = new Dictionary<string, string> { ["XDG_DATA_HOME"] = directory, ["XDG_CONFIG_HOME"] = directory };
        return lab.Run(port, directory, environment, "caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile");
    }
}
