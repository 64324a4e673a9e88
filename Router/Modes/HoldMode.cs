using Router.Configuration;

namespace Router.Modes;

/// <summary>Every request waits until the site opens: for a downtime of seconds that visitors are not to notice.</summary>
public sealed class HoldMode : Mode
{
    public override string Name => "hold";

    public override string Summary => "every request waits until the site opens";

    public override bool IsClosed => false;

    public override ModeDecision Decide(BackendKind kind, string method) => ModeDecision.Hold;
}
