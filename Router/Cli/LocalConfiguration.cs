using Router.Configuration;
using Router.Serving;

namespace Router.Cli;

/// <summary>
/// The configuration that a Router started here with the same options and environment would have: the tool uses it to find the instance.
/// </summary>
public static class LocalConfiguration
{
    /// <summary>Reads the configuration, and records the files that cannot be read.</summary>
    public static IConfiguration Read(StartOptions options, ValidationErrors errors)
    {
        var configuration = new ConfigurationManager();
        var files = new ConfigurationFiles();
        files.AddTo(
            configuration,
            StartOptions.ConfigurationDirectory,
            options.EnvironmentName,
            options.ConfigurationFile,
            options.Environment
        );
        files.AddErrors(errors);
        return configuration;
    }

    /// <summary>Reads the address of the management interface and its token.</summary>
    public static ManagementSettings ReadManagement(IConfiguration configuration, ValidationErrors errors) =>
        ManagementReader.Read(
            new ConfigurationReader(
                configuration.GetSection(ConfigurationSections.Router),
                ConfigurationVariables.From(configuration),
                errors
            ).Child("Management")
        );
}
