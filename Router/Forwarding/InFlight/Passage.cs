namespace Router.Forwarding.InFlight;

/// <summary>Why a request goes to a backend that the mode closes. It is in nobody's way: neither drained nor cut, and not asked for the mode again.</summary>
/// <param name="Name">A word for logs and metrics.</param>
/// <param name="TesterId">Of a tester, what tells it from others; null of others.</param>
public sealed record Passage(string Name, string? TesterId = null)
{
    /// <summary>A static file, for a page that was served while the site was open.</summary>
    public static Passage AssetGrace { get; } = new("asset_grace");

    /// <summary>A tester whom an operator has let through.</summary>
    public static Passage Tester(string id) => new("tester", id);
}
