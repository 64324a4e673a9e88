namespace Router.Tests.SafeModel;

/// <summary>A fix that a schedule can run without: the model has to find the fault that it prevents.</summary>
public enum Fix
{
    None,
    VanishedInstanceIsNotOutvoted,
    DeadInstanceLeavesItsOpenWrites,
    CutWriteSettles,
    PutIsAWrite,
    AbandonedWriteIsListed,
    ReadOnlyClosesWebSockets,
    RecoveryIsNotSafe,
    OneClock,
    LeaseCountsDrainAndMargin,
    RequestWaitsAfterAPause,
    EndIsProven,
}
