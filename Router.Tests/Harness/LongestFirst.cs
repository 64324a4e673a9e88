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
        Named<OperatorPageModesTests>(),
        Named<OperatorPageBrowserTests>(),
        Named<OperatorPageLossTests>(),
        Named<ModeModelTests>(),
        Named<SwitchScenarioTests>(),
        // While the operator page's tests are still running: the browser is started once, and ends with the last that uses it.
        Named<OperatorPageAttackTests>(),
        Named<BrowserTests>(),
        Named<SwitchLoadTests>(),
        Named<ReopeningCommandTests>(),
        Named<DowntimeInterruptionTests>(),
        Named<Forwarding.SlowReaderTests>(),
        Named<CutOffDrillTests>(),
        Named<ClockDrillTests>(),
        Named<DeployAppTests>(),
        Named<OpenWriteDrillTests>(),
        Named<StoreDrillTests>(),
        Named<InstanceDrillTests>(),
        Named<SafeModelTests>(),
        Named<HostMatchingTests>(),
        Named<BypassTests>(),
        Named<DeployTests>(),
        Named<ExamplesTests>(),
        Named<StartTests>(),
        Named<ModeCommandTests>(),
        Named<ProposeModeTests>(),
        Named<ReloadTests>(),
        Named<DocumentedCommandTests>(),
        Named<Forwarding.ServerLimitTests>(),
        Named<Forwarding.ClientAbuseTests>(),
        Named<Forwarding.RequestOutcomeTests>(),
        Named<Forwarding.EarlyResponseTests>(),
        Named<LayeringTests>(),
        Named<AccessLogTests>(),
        Named<RedisModeStoreTests>(),
        Named<OperatorPageTests>(),
        Named<MetricsTests>(),
        Named<LogTests>(),
        Named<DrainTests>(),
        Named<CompressionTests>(),
        Named<DescriptorExhaustionTests>(),
        Named<AdmissionAgreementTests>(),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections)
    {
        var all = testCollections.ToLookup(collection => Long.Contains(collection.DisplayName));
        return [.. all[true].OrderBy(collection => Array.IndexOf(Long, collection.DisplayName)), .. all[false]];
    }

    // A class without a collection of its own is one, of this name.
    private static string Named<T>() => $"Test collection for {typeof(T).FullName}";
}
