using Router.Configuration;

namespace Router.Modes;

/// <summary>The site is closed for people; programs reach the APIs, to put the site in order again.</summary>
public sealed class RecoveryMode : Mode
{
    /// <inheritdoc/>
    public override string Name => "recovery";

    /// <inheritdoc/>
    public override string Summary => "the APIs are reachable, everything else gets the maintenance page";

    /// <inheritdoc/>
    public override bool IsClosed => true;

    /// <inheritdoc/>
    public override bool Reaches(BackendKind kind, string method) => kind == BackendKind.Api;
}
