using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>How requests that match a host or a path rule are handled. A null value is inherited from the host.</summary>
public sealed record RuleSettings
{
    /// <summary>The keyword for no allow list at all.</summary>
    public const string Everyone = "everyone";

    /// <summary>The keyword that removes the host's value.</summary>
    public const string None = "none";

    /// <summary>The backend's name.</summary>
    public string? Backend { get; init; }

    /// <summary>The allow list's name, or <see cref="Everyone"/>.</summary>
    public string? AllowList { get; init; }

    /// <summary>Whether it is closed to everyone, in every mode: 403.</summary>
    public bool Refuse { get; init; }

    /// <summary>The names of the rate limits, or <see cref="None"/>; empty to inherit the host's.</summary>
    public ImmutableArray<string> RateLimits { get; init; } = [];

    /// <summary>The names of the response header changes.</summary>
    public ImmutableArray<string> ResponseHeaders { get; init; }

    /// <summary>The name of the page for the backend's errors, or <see cref="None"/>.</summary>
    public string? ErrorPage { get; init; }

    /// <summary>All the settings that do not name another section.</summary>
    public required RouteSettings Route { get; init; }

    /// <summary>Reads a rule and records the errors.</summary>
    public static RuleSettings Read(ConfigurationReader reader)
    {
        reader.RefuseEmpty("Refuse", "Write true or false, or remove it");
        return new RuleSettings
        {
            Backend = reader.FilledText("Backend", "Name a backend, or remove it"),
            AllowList = reader.FilledText("AllowList", "Name an allow list, or write everyone"),
            Refuse = reader.Flag("Refuse", false),
            RateLimits = reader.List("RateLimits"),
            ResponseHeaders = reader.List("ResponseHeaders"),
            ErrorPage = reader.FilledText("ErrorPage", "Name an error page, or write none"),
            Route = RouteSettings.Read(reader),
        };
    }
}
