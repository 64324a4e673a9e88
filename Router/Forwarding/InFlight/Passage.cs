namespace Router.Forwarding.InFlight;

/// <summary>Why a request goes to a backend that the mode closes. It is in nobody's way: neither drained nor cut, and not asked for the mode again.</summary>
/// <param name="Name">A word for logs and metrics.</param>
public sealed record Passage(string Name)
{
    /// <summary>A static file, for a page that was served while the site was open.</summary>
    public static Passage AssetGrace { get; } = new("asset_grace");
}
