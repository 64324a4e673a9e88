using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Router.Tests.Harness.LongestFirst", "Router.Tests")]

namespace Router.Tests.Harness;

/// <summary>
/// Starts the collections that take longest first, so that no long collection still runs when all others have ended. The
/// order is not a promise of any test.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    // Those that wait longest come first. What only computes fills the gaps.
    private static readonly string[] Long =
    [
        Named<DowntimeTests>(),
        Named<ModeModelTests>(),
        Named<OperatorPageBrowserTests>(),
        Named<OperatorPageModesTests>(),
        Named<OperatorPageLossTests>(),
        Named<DowntimeInterruptionTests>(),
        Named<StartTests>(),
        Named<ModeCommandTests>(),
        Named<DeployAppTests>(),
        Named<DocumentedCommandTests>(),
        Named<SwitchScenarioTests>(),
        Named<ReopeningCommandTests>(),
        Named<SafeModelTests>(),
        Named<DeployTests>(),
        Named<ProposeModeTests>(),
        Named<Forwarding.SlowReaderTests>(),
        Named<InstanceDrillTests>(),
        Named<CutOffDrillTests>(),
        Named<OpenWriteDrillTests>(),
        Named<OperatorPageAttackTests>(),
        Named<BrowserTests>(),
        Named<LayeringTests>(),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => Array.IndexOf(Long, collection.DisplayName) is var index and >= 0 ? index : Long.Length);

    // A class without a collection of its own is one, of this name.
    private static string Named<T>() => $"Test collection for {typeof(T).FullName}";
}
