namespace Router.Configuration;

/// <summary>The configuration has faults, and nothing can start with it.</summary>
public sealed class InvalidConfigurationException(ValidationErrors faults) : Exception($"{faults.All.Count} faults in the configuration")
{
    /// <summary>All of them.</summary>
    public ValidationErrors Faults => faults;
}
