using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Router.Tests.Harness.LongestFirst", "Router.Tests")]

namespace Router.Tests.Harness;

/// <summary>
/// Starts the collections that take longest first, so that no long collection still runs when all others have ended. The
/// order is not a promise of any test.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    // As they took on two quiet cores, half a minute and more.
    private static readonly string[] Long =
    [
        Named<DowntimeTests>(),
        Named<ProposeModeTests>(),
        Named<ReopeningCommandTests>(),
        Named<Forwarding.SlowReaderTests>(),
        Named<ModeModelTests>(),
        Named<SafeModelTests>(),
        Named<SwitchScenarioTests>(),
        Named<BrowserTests>(),
        Named<CutOffDrillTests>(),
        Named<OpenWriteDrillTests>(),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => Array.IndexOf(Long, collection.DisplayName) is var index and >= 0 ? index : Long.Length);

    // A class without a collection of its own is one, of this name.
    private static string Named<T>() => $"Test collection for {typeof(T).FullName}";
}
