using Router.Configuration;

namespace Router.Modes;

/// <summary>The site is closed: no request reaches a backend.</summary>
public sealed class MaintenanceMode : Mode
{
    /// <inheritdoc/>
    public override string Name => "maintenance";

    /// <inheritdoc/>
    public override string Summary => "everything gets the maintenance page";

    /// <inheritdoc/>
    public override bool IsClosed => true;

    /// <inheritdoc/>
    public override bool Reaches(BackendKind kind, string method) => false;
}
