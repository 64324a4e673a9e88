using Router.Configuration;

namespace Router.Modes;

/// <summary>The site is open: every backend can be reached.</summary>
public sealed class LiveMode : Mode
{
    public override string Name => "live";

    public override string Summary => "every application is reachable";

    public override bool IsClosed => false;

    public override ModeDecision Decide(BackendKind kind, string method) => ModeDecision.Allow;
}
