namespace Router.Configuration;

/// <summary>The sections of the configuration that Router reads.</summary>
public static class ConfigurationSections
{
    public const string Router = "Router";

    /// <summary>The server's.</summary>
    public const string Kestrel = "Kestrel";

    public const string Endpoints = $"{Kestrel}:Endpoints";

    public const string Certificates = $"{Kestrel}:Certificates";

    /// <summary>The framework's.</summary>
    public const string Logging = "Logging";

    public static readonly IReadOnlyList<string> All = [Router, Kestrel, Logging];
}
