using Router.Modes;
using Router.Switching;

namespace Router.Tests.SafeModel;

/// <summary>The record, and the reports as the store stamped them.</summary>
internal sealed class SimStore(SimTime time, ModeRecord record)
{
    public ModeRecord Record { get; set; } = record;

    public Dictionary<string, InstanceReport> Reports { get; } = [];

    public void Put(InstanceReport report) => Reports[report.Id] = report with { At = time.Clock };
}
