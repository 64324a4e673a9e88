using Router.Configuration;
using Router.Serving;

namespace Router.Cli;

/// <summary>
/// The configuration that a Router started here with the same options and environment has: by it the tool finds the instance.
/// </summary>
public static class LocalConfiguration
{
    /// <summary>Reads it, and notes the files that can't be read.</summary>
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
        files.AddFaults(errors);
        return configuration;
    }

    /// <summary>Reads where the management interface listens, and its token.</summary>
    public static ManagementSettings ReadManagement(IConfiguration configuration, ValidationErrors errors) =>
        ManagementReader.Read(
            new ConfigurationReader(
                configuration.GetSection(SettingsReader.Section),
                ConfigurationVariables.From(configuration),
                errors
            ).Child("Management")
        );
}
