using Router.Configuration;
using Router.Serving;

namespace Router.Cli;

/// <summary>The configuration that a Router started here with the same options and environment has: by it the tool finds the instance.</summary>
public static class LocalConfiguration
{
    /// <summary>Reads it, and notes the files that can't be read.</summary>
    public static IConfiguration Read(StartOptions options, ValidationErrors faults)
    {
        var configuration = new ConfigurationManager();
        var files = new ConfigurationFiles();
        files.AddTo(configuration, StartOptions.ConfigurationDirectory, options.EnvironmentName, options.ConfigurationFile, options.Environment);
        files.AddFaults(faults);
        return configuration;
    }

    /// <summary>Reads where the management interface listens, and its token.</summary>
    public static ManagementSettings ReadManagement(IConfiguration configuration, ValidationErrors faults) =>
        ManagementReader.Read(new ConfigurationReader(configuration.GetSection(SettingsReader.Section), ConfigurationVariables.From(configuration), faults).Child("Management"));
}
