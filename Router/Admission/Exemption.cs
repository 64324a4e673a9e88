namespace Router.Admission;

/// <summary>
/// Why a request goes to a backend that the mode closes. It does not block a verdict: it is neither drained nor cut, and the mode is not
/// asked again.
/// </summary>
/// <param name="Name">A word for logs and metrics.</param>
/// <param name="TesterId">The id of a tester's bypass; null for other exemptions.</param>
public sealed record Exemption(string Name, string? TesterId = null)
{
    /// <summary>A static file of a page that was served while the site was open.</summary>
    public static Exemption AssetGrace { get; } = new("asset_grace");

    /// <summary>What an operator reads.</summary>
    public string Description => TesterId is null ? "a static file shortly after the closing" : $"bypass {TesterId}";

    /// <summary>A tester whom an operator has let through.</summary>
    public static Exemption Tester(string id) => new("tester", id);
}
