namespace Router.Admission;

/// <summary>
/// Why a request is forwarded to a backend that the mode closes. An exempt request does not block the drain verdict: it is neither drained
/// nor cut, and the mode is not checked again, unless its instance loses the mode store.
/// </summary>
/// <param name="Name">A short name for logs and metrics.</param>
/// <param name="TesterId">The id of a tester's bypass; null for other exemptions.</param>
public sealed record Exemption(string Name, string? TesterId = null)
{
    /// <summary>The exemption of a static file that belongs to a page served while the site was open.</summary>
    public static Exemption AssetGrace { get; } = new("asset_grace");

    /// <summary>A description for operators.</summary>
    public string Description => TesterId is null ? "a static file shortly after the closing" : $"bypass {TesterId}";

    /// <summary>The exemption of a tester whom an operator lets through.</summary>
    public static Exemption Tester(string id) => new("tester", id);
}
