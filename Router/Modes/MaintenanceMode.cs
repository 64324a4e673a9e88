using Router.Configuration;

namespace Router.Modes;

/// <summary>The site is closed: no request reaches a backend.</summary>
public sealed class MaintenanceMode : Mode
{
    public override string Name => "maintenance";

    public override string Summary => "everything gets the maintenance page";

    public override bool IsClosed => true;

    public override ModeDecision Decide(BackendKind kind, string method) => ModeDecision.Close;
}
