namespace Router.Configuration;

/// <summary>
/// The settings of a host or a path that are values of their own. To add one, add its property, its line in <see cref="Read"/> and, if a
/// path inherits it from its host, its line in <see cref="Over"/>.
/// </summary>
public sealed record RouteSettings
{
    /// <summary>The default maximum size of a request body, in bytes.</summary>
    public const long DefaultMaxRequestBody = 40L << 20;

    /// <summary>A file of <c>wwwroot</c> that is the response, instead of a backend's.</summary>
    public string? File { get; init; }

    /// <summary>Whether the file is the response in every mode.</summary>
    public bool InEveryMode { get; init; }

    /// <summary>The maximum size of a request body, in bytes; 40 MiB by default.</summary>
    public long? MaxRequestBody { get; init; }

    /// <summary>Whether the backend's own Basic authentication is sent; it is by default.</summary>
    public bool? Authenticate { get; init; }

    /// <summary>Whether <c>http://</c> in the backend's redirects becomes <c>https://</c>; it does not by default.</summary>
    public bool? HttpsRedirects { get; init; }

    /// <summary>What is compressed; the site's policy by default.</summary>
    public CompressionPolicy? Compression { get; init; }

    /// <summary>The page for Router's own responses, a file of <c>wwwroot</c>; null for the site's.</summary>
    public string? PageTemplate { get; init; }

    /// <summary>Whether these are static files, which pages served while the site was open still need for a moment.</summary>
    public bool? Static { get; init; }

    /// <summary>How to name a file of Router's own, for messages.</summary>
    public const string FileHint = "Name a file of wwwroot, or remove it";

    /// <summary>Reads the settings and records the errors.</summary>
    public static RouteSettings Read(ConfigurationReader reader) =>
        new()
        {
            File = reader.FilledText("File", FileHint),
            InEveryMode = reader.Flag("InEveryMode", false),
            MaxRequestBody = reader.Size("MaxRequestBody"),
            Authenticate = reader.OptionalFlag("Authenticate"),
            HttpsRedirects = reader.OptionalFlag("HttpsRedirects"),
            Compression = reader.Choice<CompressionPolicy>("Compression"),
            PageTemplate = reader.FilledText("PageTemplate", FileHint),
            Static = reader.OptionalFlag("Static"),
        };

    /// <summary>The settings of a path, with the host's where it has none of its own.</summary>
    public RouteSettings Over(RouteSettings host) =>
        this with
        {
            MaxRequestBody = MaxRequestBody ?? host.MaxRequestBody,
            Authenticate = Authenticate ?? host.Authenticate,
            HttpsRedirects = HttpsRedirects ?? host.HttpsRedirects,
            Compression = Compression ?? host.Compression,
            PageTemplate = PageTemplate ?? host.PageTemplate,
            Static = Static ?? host.Static,
        };
}
