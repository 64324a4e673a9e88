namespace Router.Configuration;

/// <summary>The configuration has validation errors, and nothing can start with it.</summary>
public sealed class InvalidConfigurationException(ValidationErrors errors) : Exception($"{errors.All.Count} errors in the configuration")
{
    /// <summary>All validation errors.</summary>
    public ValidationErrors Errors => errors;
}
