using Router.Configuration;

namespace Router.Modes;

/// <summary>The site is closed for people; programs reach the APIs, to restore the site.</summary>
public sealed class RecoveryMode : Mode
{
    public override string Name => "recovery";

    public override string Summary => "the APIs are reachable, everything else gets the maintenance page";

    public override bool IsClosed => true;

    public override ModeDecision Decide(BackendKind kind, string method) =>
        kind == BackendKind.Api ? ModeDecision.Allow : ModeDecision.Close;
}
