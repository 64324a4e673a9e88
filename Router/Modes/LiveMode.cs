using Router.Configuration;

namespace Router.Modes;

/// <summary>The site is open: every backend is reached.</summary>
public sealed class LiveMode : Mode
{
    /// <inheritdoc/>
    public override string Name => "live";

    /// <inheritdoc/>
    public override string Summary => "every application is reachable";

    /// <inheritdoc/>
    public override bool IsClosed => false;

    /// <inheritdoc/>
    public override bool Reaches(BackendKind kind, string method) => true;
}
