using System.Net;
using Router.Admission;
using Router.Modes;
using Router.Routing;

namespace Router.Micro;

/// <summary>The whole decision, which ends with the mode.</summary>
public class ModeCheck
{
    private readonly RouteTable _table = DefaultTable.Read().Table;
    private readonly IPAddress _client = IPAddress.Parse("203.0.50.7");
    private readonly AdmissionPolicy _admission = new(
        new BypassGate(new FleetClock(TimeProvider.System)),
        TimeProvider.System,
        TimeSpan.Zero,
        default
    );
    private ModeController _modes = null!;

    [Params("live", "maintenance")]
    public string Mode { get; set; } = "";

    [GlobalSetup]
    public void Begin() => _modes = new ModeController(TimeProvider.System, ModeCatalogue.All.First(mode => mode.Name == Mode));

    [Benchmark]
    public AdmissionOutcome Decide() =>
        _admission
            .Evaluate(
                AdmissionRequest.Of("GET", "/suppliers/opportunities", _client),
                _table.Match("www.example.org", "/suppliers/opportunities"),
                _modes.State
            )
            .Outcome;

    [GlobalCleanup]
    public void End() => _modes.Dispose();
}
