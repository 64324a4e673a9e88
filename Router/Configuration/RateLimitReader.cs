namespace Router.Configuration;

/// <summary>Reads a section of <c>Router:RateLimits</c>.</summary>
public static class RateLimitReader
{
    /// <summary>Reads the section and records the errors.</summary>
    public static RateLimitSettings Read(ConfigurationReader reader)
    {
        if (reader.Text("Rate") is null)
            reader.AddError("Rate", "is not set", "Give requests per second, such as 3 or 0.5");
        if (reader.Name.Equals(RuleSettings.None, StringComparison.OrdinalIgnoreCase))
            reader.AddError(
                "Rate",
                $"belongs to a rate limit with the reserved name {RuleSettings.None}",
                "Choose another name: in a rule it means no limit"
            );
        var limit = new RateLimitSettings
        {
            Name = reader.Name,
            Rate = reader.Fraction("Rate", 1, 0.001, 1_000_000),
            Burst = reader.Number("Burst", 0, 0, 1_000_000),
            Methods = reader.List("Methods"),
            RetryAfter = reader.Duration("RetryAfter", TimeSpan.FromSeconds(300)),
        };
        reader.RefuseUnknownKeys();
        return limit;
    }
}
