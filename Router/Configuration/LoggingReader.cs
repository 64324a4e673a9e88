namespace Router.Configuration;

/// <summary>
/// Validates the levels of the framework's own section, <c>Logging</c>. The framework rejects an unknown one only when the rest of the
/// configuration is in force already.
/// </summary>
public static class LoggingReader
{
    /// <summary>Validates the levels and records the errors.</summary>
    public static void Check(IConfiguration configuration, ValidationErrors errors)
    {
        foreach (var (key, value) in configuration.GetSection(ConfigurationSections.Logging).AsEnumerable())
        {
            if (string.IsNullOrEmpty(value) || !IsLevel(key.Split(':')) || Enum.TryParse<LogLevel>(value, ignoreCase: true, out _))
                continue;
            errors.Add(
                ConfigurationVariables.From(configuration).Describe(key),
                $"is '{value}'",
                $"Choose one of {string.Join(", ", Enum.GetNames<LogLevel>())}"
            );
        }
    }

    // Of all providers or of one: Logging:LogLevel:CATEGORY or Logging:PROVIDER:LogLevel:CATEGORY.
    private static bool IsLevel(string[] parts) =>
        parts.Length is 3 or 4 && parts[^2].Equals(nameof(LogLevel), StringComparison.OrdinalIgnoreCase);
}
