namespace Router.Configuration;

/// <summary>The configuration has faults, and nothing can start with it.</summary>
public sealed class InvalidConfigurationException(ValidationErrors errors) : Exception($"{errors.All.Count} faults in the configuration")
{
    /// <summary>All of them.</summary>
    public ValidationErrors Faults => errors;
}
