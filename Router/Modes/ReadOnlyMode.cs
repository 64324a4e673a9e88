using Router.Configuration;

namespace Router.Modes;

/// <summary>Everything can be read and nothing changed: the step before a closing that gives the last writes time to finish.</summary>
public sealed class ReadOnlyMode : Mode
{
    public override string Name => "read-only";

    public override string Summary => "GET, HEAD and OPTIONS reach every application, everything else gets the maintenance page";

    public override bool IsClosed => false;

    public override ModeDecision Decide(BackendKind kind, string method) =>
        method is "GET" or "HEAD" or "OPTIONS" ? ModeDecision.Allow : ModeDecision.Close;
}
