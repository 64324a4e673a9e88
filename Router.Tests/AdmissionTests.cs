using System.Net;
using Router.Admission;
using Router.Configuration;
using Router.Modes;
using Router.Routing;

namespace Router.Tests;

public sealed class AdmissionTests(AdmissionTests.Live live, AdmissionTests.Recovery recovery, AdmissionTests.Maintenance maintenance)
    : IClassFixture<AdmissionTests.Live>,
        IClassFixture<AdmissionTests.Recovery>,
        IClassFixture<AdmissionTests.Maintenance>
{
    private static readonly RouteTable Table = File("http://backend.invalid").ToTable();

    private static readonly IPAddress Staff = IPAddress.Parse("203.0.113.9");
    private static readonly IPAddress Stranger = IPAddress.Parse("198.51.100.9");

    public static TheoryData<string, string, string, string, string, string> Decisions =>
        new()
        {
            // host, path, client: what live, recovery and maintenance decide
            { "www.example.org", "/", "stranger", "Forward", "Closed", "Closed" },
            { "www.example.org", "/admin", "staff", "Forward", "Closed", "Closed" },
            { "www.example.org", "/admin", "stranger", "Forbidden", "Forbidden", "Forbidden" },
            { "www.example.org", "/x/..%2Fadmin", "stranger", "Forbidden", "Forbidden", "Forbidden" },
            { "www.example.org", "/x/_metrics", "staff", "Forbidden", "Forbidden", "Forbidden" },
            { "api.example.org", "/", "staff", "Forward", "Forward", "Closed" },
            { "api.example.org", "/", "stranger", "Forbidden", "Forbidden", "Forbidden" },
            { "api.example.org", "/callbacks/7", "stranger", "Forward", "Forward", "Closed" },
            // an exception for /callbacks is none for /CALLBACKS
            { "api.example.org", "/CALLBACKS/7", "stranger", "Forbidden", "Forbidden", "Forbidden" },
            { "api.example.org", "/%43allbacks/7", "stranger", "Forbidden", "Forbidden", "Forbidden" },
            { "api.example.org", "/CALLBACKS/7", "staff", "Forward", "Forward", "Closed" },
            { "other.example.org", "/", "staff", "NotRouted", "Closed", "Closed" },
            { "other.example.org", "/_status", "staff", "OwnEndpoint", "OwnEndpoint", "OwnEndpoint" },
            { "a..b", "/", "staff", "Malformed", "Malformed", "Malformed" },
            { "www.example.org", "/%zz", "staff", "Malformed", "Malformed", "Malformed" },
            { "other.example.org", "/%zz", "staff", "Malformed", "Malformed", "Malformed" },
        };

    [Theory]
    [MemberData(nameof(Decisions))]
    public void The_same_facts_make_the_same_decision(
        string host,
        string path,
        string client,
        string whenLive,
        string inRecovery,
        string inMaintenance
    )
    {
        foreach (
            var (mode, outcome) in new (Mode, string)[]
            {
                (new LiveMode(), whenLive),
                (new RecoveryMode(), inRecovery),
                (new MaintenanceMode(), inMaintenance),
            }
        )
        {
            foreach (var method in new[] { "GET", "POST", "BREW" })
            {
                var decision = Decide(method, host, path, client == "staff" ? Staff : Stranger, mode);

                decision.Outcome.ToString().Should().Be(outcome, $"{method} {host}{path} in {mode}");
                decision.Reason.Should().NotBeEmpty();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Decisions))]
    public async Task What_the_handler_does_is_what_is_decided(
        string host,
        string path,
        string client,
        string whenLive,
        string inRecovery,
        string inMaintenance
    )
    {
        var address = client == "staff" ? Staff : Stranger;
        foreach (
            var (site, outcome) in new (SharedWireMockSite, string)[]
            {
                (live, whenLive),
                (recovery, inRecovery),
                (maintenance, inMaintenance),
            }
        )
        {
            var reply = await site.Router.SendRawAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {address}\r\n\r\n");

            var status = outcome switch
            {
                "Forward" or "OwnEndpoint" => 200,
                "Closed" => 503,
                "Forbidden" => 403,
                "NotRouted" => 404,
                _ => 400,
            };
            reply.Status.Should().Be(status, site.GetType().Name);
        }
    }

    [Fact]
    public void A_new_mode_needs_one_new_class()
    {
        var mode = new PagesForReadersMode();

        Ask("GET", "www.example.org").Should().Be(AdmissionOutcome.Forward);
        Ask("POST", "www.example.org").Should().Be(AdmissionOutcome.Closed);
        Ask("POST", "api.example.org").Should().Be(AdmissionOutcome.Forward);
        Ask("GET", "other.example.org").Should().Be(AdmissionOutcome.NotRouted);

        AdmissionOutcome Ask(string method, string host) => Decide(method, host, "/", Staff, mode).Outcome;
    }

    [Fact]
    public void A_decision_names_the_route_that_it_concerns()
    {
        Decide("GET", "www.example.org", "/admin/x", Stranger, new LiveMode()).Route!.Name.Should().Be("www.*//admin");
        Decide("GET", "www.example.org", "/", Stranger, new MaintenanceMode()).Route!.Name.Should().Be("www.*");
        Decide("GET", "other.example.org", "/", Stranger, new LiveMode()).Route.Should().BeNull();
    }

    private static AdmissionDecision Decide(string method, string host, string path, IPAddress client, Mode mode) =>
        new AdmissionPolicy(new BypassGate(new FleetClock(TimeProvider.System)), TimeProvider.System, TimeSpan.Zero, default).Evaluate(
            AdmissionRequest.Of(method, path, client),
            Table.Match(host, path),
            ModeState.Hypothetical(mode)
        );

    [Fact]
    public void Nothing_but_a_name_in_the_catalogue_is_a_mode()
    {
        // The names are the contract.
        ModeCatalogue.All.Select(mode => mode.Name).Should().Equal("live", "read-only", "hold", "recovery", "maintenance");
        foreach (var mode in ModeCatalogue.All)
        {
            ModeCatalogue.TryFind(mode.Name, out var found).Should().BeTrue(mode.Name);
            found.Should().BeSameAs(mode);
            foreach (
                var name in new[] { char.ToUpperInvariant(mode.Name[0]) + mode.Name[1..], mode.Name.ToUpperInvariant(), mode.Name + " " }
            )
                ModeCatalogue.TryFind(name, out _).Should().BeFalse(name);
        }

        foreach (var name in new[] { "", "open" })
            ModeCatalogue.TryFind(name, out _).Should().BeFalse(name);
    }

    private static SiteFile File(string address) =>
        new SiteFile()
            .Frontend("www", address)
            .Api("api", address)
            .AllowList("staff", "203.0.113.0/24")
            .Host("www.*", "www")
            .Path("www.*", "/admin", allowList: "staff")
            .Path("www.*", "**/_metrics", refuse: true)
            .Host("api.*", "api", allowList: "staff")
            .Path("api.*", "/callbacks", allowList: "everyone");

    // Requests come from this machine, which says for whom.
    private static SiteFile File(string address, string mode) => File(address).Mode(mode).Set("TrustedProxies", "127.0.0.1");

    public sealed class Live() : SharedWireMockSite(address => File(address, "live"));

    public sealed class Recovery() : SharedWireMockSite(address => File(address, "recovery"));

    public sealed class Maintenance() : SharedWireMockSite(address => File(address, "maintenance"));

    private sealed class PagesForReadersMode : Mode
    {
        public override string Name => "pages-for-readers";

        public override string Summary => "pages can be read, and nothing can be sent";

        public override bool IsClosed => false;

        public override ModeDecision Decide(BackendKind kind, string method) =>
            kind == BackendKind.Api || method is "GET" or "HEAD" ? ModeDecision.Allow : ModeDecision.Close;
    }
}
