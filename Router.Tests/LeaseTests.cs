using System.Net;
using Microsoft.AspNetCore.Http;
using Router.Access;
using Router.Admission;
using Router.Configuration;
using Router.Http;
using Router.Modes;
using Router.Proxy;
using Router.Proxy.InFlight;
using Router.Switching;

namespace Router.Tests;

public sealed class LeaseTests : IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly Mode Live = ModeCatalogue.All.Single(mode => mode.Name == "live");

    private readonly ManualClock _clock = new();
    private readonly ModeController _modes;
    private readonly List<string> _changes = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("router-lease-").FullName;

    public LeaseTests()
    {
        _modes = new ModeController(_clock, Record(1, Live), Lease);
        _modes.Changed += state => _changes.Add(state.Mode.Name);
    }

    [Fact]
    public void An_instance_without_the_store_closes_itself_with_the_first_request_after_its_lease()
    {
        _clock.Advance(Lease);
        _modes.Current.Should().Be(Live);

        _clock.Advance(TimeSpan.FromTicks(1));

        _modes.Current.Should().Be(ModeCatalogue.Closed);
        _modes.State.Record.Version.Number.Should().Be(1, "it is no change of the record");
        _changes.Should().Equal("maintenance");
    }

    [Fact]
    public void An_instance_that_has_closed_itself_does_not_mistake_the_open_fleet_for_closed()
    {
        _clock.Advance(Lease + TimeSpan.FromSeconds(1));
        var state = _modes.State;
        var own = new InstanceReport
        {
            Name = "router-1",
            Id = "router-1/1",
            At = _clock.GetUtcNow(),
            Started = _clock.GetUtcNow(),
            Version = state.Record.Version,
            StepMade = state.Step.Made,
            Mode = state.Mode.Name,
            Since = state.Since,
            WriteSettleSeconds = 60,
        };

        var verdict = Verdict.Of(FleetState.Of(state, [own], _clock.GetUtcNow(), TimeSpan.FromSeconds(5)), expect: 1);

        verdict.IsSafe.Should().BeFalse("it opens with its next contact to the store");
    }

    [Fact]
    public void It_opens_again_when_it_has_reached_the_store()
    {
        _clock.Advance(Lease + TimeSpan.FromSeconds(1));
        _ = _modes.State;

        _modes.Renew(_clock.GetTimestamp());

        (_modes.Current, _modes.State.IsLapsed).Should().Be((Live, false));
        _changes.Should().Equal("maintenance", "live");
    }

    [Fact]
    public void The_lease_runs_from_the_beginning_of_the_attempt_that_reached_the_store()
    {
        var begun = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromSeconds(20));
        _modes.Renew(begun);

        _clock.Advance(TimeSpan.FromSeconds(11));

        _modes.State.IsLapsed.Should().BeTrue("the store may have taken the heartbeat right after it was sent");
    }

    [Fact]
    public void A_record_received_meanwhile_opens_nothing_before_the_lease_is_renewed()
    {
        _clock.Advance(Lease + TimeSpan.FromSeconds(1));
        _ = _modes.State;

        _modes.Offer(Record(2, ModeCatalogue.All.Single(mode => mode.Name == "recovery"))).Should().BeTrue();

        _modes.Current.Should().Be(ModeCatalogue.Closed);
        _modes.Renew(_clock.GetTimestamp());
        _modes.Current.Name.Should().Be("recovery");
    }

    [Fact]
    public void An_instance_that_no_verdict_includes_yet_is_closed_whatever_the_record_says()
    {
        using var modes = new ModeController(_clock, Record(1, Live), lease: null, mustRegister: true);
        modes.Offer(Record(2, Live)).Should().BeTrue();
        modes.Current.Should().Be(ModeCatalogue.Closed);

        modes.Renew(_clock.GetTimestamp());

        (modes.Current, modes.State.Record.Version.Number).Should().Be((Live, 2));
        _clock.Advance(TimeSpan.FromDays(1));
        modes.Current.Should().Be(Live, "it has no lease");
    }

    [Fact]
    public async Task A_testers_request_does_not_begin_after_the_lease_although_nobody_has_noticed_its_end()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid"));
        var (route, upstream) = (router.Site.Table.Routes[0], router.Site.Backends[0]);
        var request = new RequestContext(_clock) { Client = IPAddress.Loopback };
        request.Admit(route, upstream, "POST", "POST", "www.example.org", "/", Exemption.Tester("b9eb7a5a"));
        using var deadline = new RequestDeadline(_clock, upstream.Settings, new DefaultHttpContext(), _clock.GetTimestamp());
        using var message = new ForwardedRequest(HttpMethod.Post, "/", BackendKind.Frontend, _modes, deadline) { Client = request };
        message.Invoking(sent => sent.EnsureAdmitted()).Should().NotThrow();
        request.MarkNotBegun();

        _clock.Advance(Lease + TimeSpan.FromTicks(1));

        message
            .Invoking(sent => sent.EnsureAdmitted())
            .Should()
            .Throw<BackendException>()
            .Which.Should()
            .Match<BackendException>(error => error.Failure == ForwardFailure.Closed && error.NotBegun);
        request.HasBegun.Should().BeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_instance_whose_volume_is_no_longer_mounted_closes_with_its_lease(bool mountPointIsLeft)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_directory, "store")).FullName;
        var site = OperatorClient
            .With(SiteFile.Of("www.*", "http://backend.invalid"))
            .Set("ModeStore:File", Path.Combine(directory, "mode.json"))
            .Set("ModeStore:Lease", "30s");
        await using var router = await RunningRouter.StartAsync(site, _clock);
        await UntilAsync(() => router.Modes().State is { IsLapsed: false, Record.Version.IsStored: true });
        await UntilAsync(() => Directory.Exists(Path.Combine(directory, "mode.json.instances")));

        Directory.Move(directory, directory + "-gone");
        if (mountPointIsLeft)
            Directory.CreateDirectory(directory);
        var moved = _clock.GetTimestamp();

        // It keeps trying until then, and none of these attempts renews the lease.
        await Eventually.Async(() =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(500));
            return router.Modes().State.IsLapsed;
        });
        _clock.GetElapsedTime(moved).Should().BeLessThanOrEqualTo(Lease + TimeSpan.FromSeconds(1));
        Directory
            .GetFileSystemEntries(mountPointIsLeft ? directory : _directory)
            .Should()
            .HaveCount(mountPointIsLeft ? 0 : 1, "nobody made a store where the volume was");
    }

    [Fact]
    public async Task A_testers_request_that_waits_for_a_permit_is_not_forwarded_after_the_lease()
    {
        await using var backend = RawBackend.Start();
        var directory = Directory.CreateDirectory(Path.Combine(_directory, "store")).FullName;
        var site = OperatorClient
            .With(SiteFile.Of("www.*", backend))
            .Set("ModeStore:File", Path.Combine(directory, "mode.json"))
            .Set("ModeStore:Lease", "30s")
            .Set("Backends:www:MaxConcurrentRequests", "1")
            .Set("Backends:www:QueueTimeout", "1h")
            .Set("Backends:www:ResponseTimeout", "1h")
            .Set("Backends:www:RequestTimeout", "1h");
        await using var router = await RunningRouter.StartAsync(site, _clock);
        // The store is empty: the first instance waits a moment for another one that has the record.
        await UntilAsync(() => router.Modes().State.Record.Version.IsStored);
        using var operators = new OperatorClient(router);
        var closing = router.SetAsync(ModeCatalogue.Closed);
        await UntilAsync(() => closing.IsCompleted && router.Modes().Current == ModeCatalogue.Closed);
        await closing;
        var bypass = operators.SendAsync("POST", "/bypass", "{}");
        await UntilAsync(() => bypass.IsCompleted);
        var token = (await bypass).Body["token"];
        var write = $"POST / HTTP/1.1\r\nHost: www.example.org\r\n{BypassToken.Header}: {token}\r\nContent-Length: 0\r\n\r\n";
        using var first = await router.ConnectAsync();
        await first.WriteAsync(write);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        using var second = await router.ConnectAsync();
        await second.WriteAsync(write);
        await Eventually.Async(() => router.Site.Backends[0].InFlight == 2);

        Directory.Move(directory, directory + "-gone");
        _clock.Advance(Lease + TimeSpan.FromSeconds(1));
        // The process was not suspended: the store was tried and did not respond.
        await UntilAsync(() => router.Modes() is { State.IsLapsed: true, IsStale: false });
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        (await first.ReadMessageAsync())!.Status.Should().Be(200);
        (await second.ReadMessageAsync())!.Status.Should().Be(503);
        connection.Received.Split("POST /").Should().HaveCount(2, "the second request is not sent");
        backend.Connections.Should().Be(1);
    }

    [Theory]
    [InlineData("10s", "HeartbeatExpiry")]
    [InlineData("2h", "up to 1h")]
    [InlineData("soon", "duration")]
    public void A_lease_that_makes_no_sense_is_refused(string lease, string hint) =>
        SiteFile
            .Of("*", "http://backend.invalid")
            .Set("ModeStore:File", Path.Combine(Path.GetTempPath(), "mode.json"))
            .Set("ModeStore:Lease", lease)
            .Read()
            .Errors.Should()
            .ContainSingle(error => error.Key == "Router:ModeStore:Lease")
            .Which.Hint.Should()
            .Contain(hint);

    [Fact]
    public void A_lease_without_a_store_is_refused() =>
        SiteFile
            .Of("*", "http://backend.invalid")
            .Set("ModeStore:Lease", "30s")
            .Read()
            .Errors.Should()
            .ContainSingle()
            .Which.Problem.Should()
            .Contain("neither Redis nor File");

    public void Dispose()
    {
        _modes.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    // What waits for the store does so by the clock. If the clock ran ahead of an attempt, the process would look suspended.
    private Task UntilAsync(Func<bool> isTrue)
    {
        var polls = 0;
        return Eventually.Async(() =>
        {
            if (++polls % 20 == 0)
                _clock.Advance(TimeSpan.FromSeconds(1));
            return isTrue();
        });
    }

    private ModeRecord Record(long version, Mode mode) =>
        new()
        {
            Version = new(version),
            Written = _clock.GetUtcNow(),
            Steps =
            [
                new ModeStep
                {
                    Mode = mode,
                    At = _clock.GetUtcNow(),
                    Made = new(version),
                },
            ],
        };
}
