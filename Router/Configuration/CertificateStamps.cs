namespace Router.Configuration;

/// <summary>
/// Notifies the server that a certificate's content has changed under the same path. The server reloads an endpoint when a key of its
/// section changes, so each endpoint gets a key with the state of all certificate files. The server's own file watcher is off: it
/// misses swapped links, and can deadlock.
/// </summary>
public sealed class CertificateStamps : ConfigurationProvider, IConfigurationSource
{
    /// <summary>The key in an endpoint's section.</summary>
    public const string Key = "CertificateStamp";

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Updates the key from the files that a configuration names.</summary>
    public void Update(IConfiguration configuration)
    {
        var stamp = Stamp(configuration);
        Data = configuration
            .GetSection(ConfigurationSections.Endpoints)
            .GetChildren()
            .Where(endpoint => endpoint["Url"]?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true)
            .ToDictionary(endpoint => $"{endpoint.Path}:{Key}", _ => (string?)stamp, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The state of every certificate file that a configuration names.</summary>
    public static string Stamp(IConfiguration configuration) => string.Join('|', Paths(configuration).Select(FileStamp.Of));

    /// <summary>The certificate and key files that a configuration names.</summary>
    public static IEnumerable<string> Paths(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection(ConfigurationSections.Endpoints).GetChildren().ToArray();
        return from certificate in configuration
                .GetSection(ConfigurationSections.Certificates)
                .GetChildren()
                .Concat(endpoints.Select(endpoint => endpoint.GetSection("Certificate")))
                .Concat(
                    endpoints
                        .SelectMany(endpoint => endpoint.GetSection("Sni").GetChildren())
                        .Select(name => name.GetSection("Certificate"))
                )
            from path in new[] { certificate["Path"], certificate["KeyPath"] }
            where path is { Length: > 0 }
            select path;
    }
}
