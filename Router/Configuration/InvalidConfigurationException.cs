namespace Router.Configuration;

/// <summary>The configuration has validation errors, and nothing can start with it.</summary>
public sealed class InvalidConfigurationException(ValidationErrors errors) : Exception($"{errors.All.Count} errors in the configuration")
{
    public ValidationErrors Errors => errors;
}
