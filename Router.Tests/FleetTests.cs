using System.Diagnostics;
using Router.Modes;
using Router.Switching;

namespace Router.Tests;

public sealed class FleetTests : IAsyncDisposable
{
    private static readonly TimeSpan Expired = TimeSpan.FromSeconds(11);

    private readonly ManualClock _clock = new();
    private readonly BrittleStore _store;

    public FleetTests() => _store = new BrittleStore(_clock);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task An_instance_is_vanished_when_its_heartbeat_has_expired_and_ended_when_an_operator_says_so()
    {
        var (one, other) = (New("web-1"), New("web-2"));
        await other.BeatAsync(writes: 2);
        _clock.Advance(Expired);
        await one.BeatAsync();
        (await one.StateOfAsync(other)).Should().Be(InstanceState.Vanished);

        (await one.Fleet.AcknowledgeAsync("web-3", "ben", default)).Should().BeEmpty("no instance has this name");
        (await one.Fleet.AcknowledgeAsync("web-2", "ben", default)).Should().ContainSingle();

        var ended = await one.ReportOfAsync(other);
        ended.End.Should().Be(new InstanceEnd(_clock.GetUtcNow(), "ben", IsProven: false));
        (ended.UncertainCount, ended.OpenWriteCount, ended.UncertainSettledBy)
            .Should()
            .Be((2, 0, _clock.GetUtcNow().AddSeconds(60)), "what it had in flight is inherited");
    }

    [Fact]
    public async Task A_live_instance_cannot_be_forgotten_and_one_that_reports_again_is_live_again()
    {
        var (one, other) = (New("web-1"), New("web-2"));
        await other.BeatAsync();
        (await one.Fleet.AcknowledgeAsync("web-2", "ben", default)).Should().BeEmpty();
        _clock.Advance(Expired);
        (await one.Fleet.AcknowledgeAsync("web-2", "ben", default)).Should().ContainSingle();

        await other.BeatAsync();

        (await one.StateOfAsync(other)).Should().Be(InstanceState.Live, "the operator was wrong");
    }

    [Fact]
    public async Task The_end_of_a_process_on_this_host_is_proven_at_once()
    {
        using var process = Process.Start("sleep", "600");
        var identity = IdentityOf(process);
        var (one, other) = (New("web-1"), New("web-2"));
        await other.BeatAsync(writes: 1, process: identity);
        await one.BeatAsync();
        (await one.StateOfAsync(other)).Should().Be(InstanceState.Live);

        process.Kill();
        await process.WaitForExitAsync();
        await one.BeatAsync();

        var ended = await one.ReportOfAsync(other);
        ended.End.Should().Be(new InstanceEnd(_clock.GetUtcNow(), "web-1", IsProven: true));
        ended.UncertainCount.Should().Be(1);
    }

    [Fact]
    public async Task An_instance_that_has_yet_to_read_the_record_does_not_judge_how_another_has_ended()
    {
        var closed = ModeRecord.Start(new MaintenanceMode(), new RecordVersion(2), _clock.GetUtcNow());
        var (one, other) = (New("web-1"), New("web-2"));
        other.Offer(closed);
        await other.BeatAsync(process: ProcessIdentity.Own! with { Started = 1 });

        await one.BeatAsync();
        (await one.StateOfAsync(other)).Should().Be(InstanceState.Live, "it would seem to have left writes that no list has");
        one.Offer(closed);
        await one.BeatAsync();

        (await one.StateOfAsync(other)).Should().Be(InstanceState.Ended);
        (await one.ReportOfAsync(other)).UncertainSettledBy.Should().BeNull("it was closed, and nothing was in flight");
    }

    [Theory]
    [InlineData("boot")]
    [InlineData("namespace")]
    public async Task Nothing_is_proven_about_a_process_of_another_boot_or_another_container(string what)
    {
        var own = ProcessIdentity.Own!;
        var foreign = what == "boot" ? own with { Boot = "another", Pid = 999_999 } : own with { Namespace = "pid:[1]", Pid = 999_999 };
        var (one, other) = (New("web-1"), New("web-2"));
        await other.BeatAsync(process: foreign);
        _clock.Advance(Expired);

        await one.BeatAsync();

        (await one.StateOfAsync(other)).Should().Be(InstanceState.Vanished);
    }

    [Fact]
    public async Task A_process_id_that_is_in_use_again_is_another_process()
    {
        var other = New("web-2");
        await other.BeatAsync(process: ProcessIdentity.Own! with { Started = 1 });

        var one = New("web-1");
        await one.BeatAsync();

        (await one.StateOfAsync(other)).Should().Be(InstanceState.Ended);
    }

    [Fact]
    public async Task An_instance_with_an_unreadable_report_is_not_ignored()
    {
        await _store.BeatAsync("web-2/a", "{ \"of\": \"another version\" }", default);

        var report = (await New("web-1").Fleet.ReadOthersAsync(default)).Single();

        (report.Name, report.Version.Number, report.Mode).Should().Be(("web-2", 0, "unknown"));
        report.Problem.Should().Contain("can't be read");
    }

    [Fact]
    public async Task Without_the_store_the_instances_that_are_known_count_and_the_problem_does_too()
    {
        var (one, other) = (New("web-1"), New("web-2"));
        await other.BeatAsync();
        await one.BeatAsync();
        await one.Fleet.ReadAllAsync(default);

        _store.IsAway = true;
        var (reports, problem) = await one.Fleet.ReadAllAsync(default);

        reports.Select(report => report.Name).Should().Equal("web-1", "web-2");
        problem.Should().Contain("Reading the other instances' reports failed");
    }

    [Fact]
    public async Task A_store_that_loses_its_data_gets_the_vanished_instance_back()
    {
        var (one, other) = (New("web-1"), New("web-2"));
        await other.BeatAsync();
        await one.BeatAsync();
        _clock.Advance(Expired);

        _store.LoseReports();
        await one.BeatAsync();

        var third = New("web-3");
        (await third.StateOfAsync(other)).Should().Be(InstanceState.Vanished, "one that has never seen it reads it in the store");
    }

    [Fact]
    public async Task What_the_store_has_lost_comes_back_although_the_observer_never_knew_it()
    {
        var (knows, vanished) = (New("web-1"), New("web-2"));
        await vanished.BeatAsync();
        await knows.BeatAsync();
        _clock.Advance(Expired);

        _store.LoseReports();
        _store.Observer = "web-3";
        var observer = New("web-3");
        await observer.BeatAsync();
        await knows.BeatAsync();

        (await observer.StateOfAsync(vanished)).Should().Be(InstanceState.Vanished);
    }

    [Fact]
    public async Task A_lease_runs_from_the_last_report_although_the_store_goes_back_to_an_older_one()
    {
        var (one, other) = (New("web-1", lease: "30s"), New("web-2", lease: "30s"));
        await other.BeatAsync();
        var snapshot = _store.Snapshot();
        _clock.Advance(TimeSpan.FromMinutes(9));
        await other.BeatAsync();
        var last = _clock.GetUtcNow();
        await one.BeatAsync();

        _store.Restore(snapshot);
        _clock.Advance(Expired);

        var report = await one.ReportOfAsync(other);
        report.At.Should().Be(last, "this instance has seen it");
        report.ClosedByLease.Should().BeAfter(_clock.GetUtcNow());
        (await New("web-3").ReportOfAsync(other)).ClosedByLease.Should().BeAfter(_clock.GetUtcNow().AddSeconds(30), "it has seen no other");
    }

    [Fact]
    public async Task A_lease_does_not_run_out_while_the_instance_reports_with_a_clock_that_is_behind()
    {
        var (one, other) = (New("web-1", lease: "30s"), New("web-2", lease: "30s"));
        _store.Ahead = TimeSpan.FromMinutes(-5);
        await other.BeatAsync();
        await one.BeatAsync();

        (await one.ReportOfAsync(other)).ClosedByLease.Should().BeAfter(_clock.GetUtcNow());
    }

    [Fact]
    public async Task After_the_clock_of_the_store_was_set_back_the_new_reports_count()
    {
        var (one, other) = (New("web-1"), New("web-2"));
        _store.Ahead = TimeSpan.FromMinutes(5);
        await other.BeatAsync();
        await one.BeatAsync();

        _store.Ahead = TimeSpan.Zero;
        await other.BeatAsync(writes: 1);
        await one.BeatAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await other.BeatAsync(writes: 2);

        (await one.ReportOfAsync(other)).OpenWriteCount.Should().Be(2);
    }

    [Fact]
    public async Task Reports_of_instances_that_have_ended_are_deleted_after_a_day_and_those_of_vanished_ones_never()
    {
        var (one, stopped, vanished) = (New("web-1"), New("web-2"), New("web-3"));
        await stopped.BeatAsync(stopped: true);
        await vanished.BeatAsync();

        _clock.Advance(TimeSpan.FromHours(25));
        await one.BeatAsync();

        (await one.Fleet.ReadOthersAsync(default)).Select(report => report.Name).Should().Equal("web-3");
    }

    private static ProcessIdentity IdentityOf(Process process)
    {
        var stat = File.ReadAllText($"/proc/{process.Id}/stat");
        return ProcessIdentity.Own! with { Pid = process.Id, Started = ulong.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19]) };
    }

    private Instance New(string name, string? lease = null) => new(name, lease, _store, _clock);

    private sealed class Instance(string name, string? lease, BrittleStore store, ManualClock clock)
    {
        private readonly FleetInstance _instance = new(
            name,
            lease is null
                ? SiteFile.Of("*", "http://backend.invalid")
                : SiteFile.Of("*", "http://backend.invalid").Set("ModeStore:Redis", "redis.invalid:6379").Set("ModeStore:Lease", lease),
            _ => store,
            clock
        );

        public Fleet Fleet => _instance.Fleet;

        public void Offer(ModeRecord record) => _instance.Modes.Offer(record);

        public Task BeatAsync(int writes = 0, ProcessIdentity? process = null, bool stopped = false)
        {
            var report = _instance.Reporter.Make(null, stopped) with { OpenWriteCount = writes, WriteSettleSeconds = 60 };
            return _instance.ReportAsync(report with { Process = process });
        }

        public async Task<InstanceReport> ReportOfAsync(Instance other) =>
            (await Fleet.ReadOthersAsync(default)).Single(report => report.Id == other._instance.Reporter.Id);

        public async Task<InstanceState> StateOfAsync(Instance other) =>
            (await ReportOfAsync(other)).StateAt(clock.GetUtcNow(), Fleet.HeartbeatExpiry);
    }
}
