using Router.Cli;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Tests;

public sealed class FileModeStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-store-").FullName;

    private string File => Path.Combine(_directory, "mode.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public Task A_text_is_replaced_only_where_it_is_exactly_what_was_expected() =>
        ModeStorePromises.ReplacesOnlyWhatWasExpectedAsync(Store);

    [Fact]
    public Task Of_several_writers_exactly_one_wins() => ModeStorePromises.OneWriterWinsAsync(Store);

    [Fact]
    public Task What_instances_report_is_read_replaced_and_forgotten() => ModeStorePromises.KeepsReportsAsync(Store);

    [Fact]
    public Task A_report_is_replaced_only_where_it_is_the_one_that_was_read() =>
        ModeStorePromises.ReplacesOnlyTheReportThatWasReadAsync(Store);

    [Fact]
    public Task A_damaged_report_is_read_and_can_be_replaced() => ModeStorePromises.KeepsDamagedReportsAsync(Store);

    [Fact]
    public async Task A_damaged_report_keeps_the_verdict_from_SAFE_until_its_instance_is_forgotten_and_its_writes_are_accepted()
    {
        await Seed("maintenance");
        var reports = Directory.CreateDirectory(File + ".instances").FullName;
        await System.IO.File.WriteAllTextAsync(Path.Combine(reports, "web-9.json"), "");
        var site = SiteFile.Of("www.*", "http://backend.invalid").Set("ModeStore:File", File).Set("Backends:www:WriteSettleTime", "1h");
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(site));
        using var operators = new OperatorClient(router);
        (await VerdictAsync()).Should().StartWith("NOT SAFE: 1 instance vanished and may still run and be open: web-9. Make sure");
        (await Tool.RunAsync(router.ManagementUrl, "mode"))
            .Output.Should()
            .Contain("instance:  web-9, vanished\n           PROBLEM: Its report in the store can't be read");

        (await operators.SendAsync("POST", "/fleet/forget", """{"instance": "web-9"}""")).Status.Should().Be(200);
        (await VerdictAsync()).Should().StartWith("NOT SAFE: unlisted writes may still be applied");

        (await Tool.RunAsync(router.ManagementUrl, "writes", "accept", "--until", "2026-01-31T22:00:00Z")).Code.Should().Be(0);
        (await VerdictAsync()).Should().StartWith("NOT SAFE: unlisted writes may still be applied", "they came after what was checked");
        var (code, said, errors) = await Tool.RunAsync(router.ManagementUrl, "writes", "accept", "--until", "2099-01-01 22:00:00");
        (code, said).Should().Match<(int Code, string Said)>(it => it.Code == 2 && it.Said.Contains("--until 2099-01-01 22:00:00 is 2099"));
        errors.Should().Contain("in the future", "a time of another zone would accept what nobody has seen");
        (await VerdictAsync()).Should().StartWith("NOT SAFE: unlisted writes may still be applied");
        (await operators.SendAsync("POST", "/writes/accept", "{}")).Status.Should().Be(200);
        await Eventually.TrueAsync(async () => await VerdictAsync() == "SAFE");

        async Task<string> VerdictAsync() => (await operators.SendAsync("GET", "/fleet")).Body["verdict"]!.ToString();
    }

    [Fact]
    public async Task A_volume_that_hangs_is_a_failure_within_seconds_and_holds_one_thread_only()
    {
        await HangAsync(File);
        var store = Store();
        await store.Awaiting(it => it.ReadAsync(default)).Should().ThrowAsync<ModeStoreException>().WithMessage("*does not respond");
        await store
            .Awaiting(it => it.BeatAsync("web-1/a", "{}", default))
            .Should()
            .ThrowAsync<ModeStoreException>("what hangs may still write")
            .WithMessage("*does not respond");

        await RespondAsync(File);
        (await ReadWhenItRespondsAsync(store)).Should().BeNull();

        (await store.BeatAsync("web-1/a", "{}", default)).IsObserver.Should().BeTrue();
    }

    [Fact]
    public async Task A_change_that_was_given_up_is_not_made_later()
    {
        var store = Store();
        (await store.TryReplaceAsync(null, "before", "one", default)).Should().BeTrue();
        var history = File + ".history";
        System.IO.File.Delete(history);
        await HangAsync(history);

        await store
            .Awaiting(it => it.TryReplaceAsync("before", "after", "two", default))
            .Should()
            .ThrowAsync<ModeStoreException>()
            .WithMessage("*does not respond");

        await RespondAsync(history);
        (await ReadWhenItRespondsAsync(store)).Should().Be("before");
    }

    // Opening a pipe without a writer blocks, like opening a file on a volume that does not respond.
    private static async Task HangAsync(string file)
    {
        using var made = System.Diagnostics.Process.Start("mkfifo", file);
        await made.WaitForExitAsync();
    }

    private static async Task RespondAsync(string file)
    {
        await using (new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            System.IO.File.Delete(file);
    }

    private static async Task<string?> ReadWhenItRespondsAsync(FileModeStore store)
    {
        string? found = null;
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                found = await store.ReadAsync(default);
                return true;
            }
            catch (ModeStoreException)
            {
                return false;
            }
        });
        return found;
    }

    [Fact]
    public Task A_change_wakes_the_waiter_even_if_it_came_before_the_wait() => ModeStorePromises.WakesAsync(Store);

    [Fact]
    public async Task The_history_keeps_its_newest_lines()
    {
        System.IO.File.WriteAllLines(File + ".history", Enumerable.Range(0, IModeStore.HistoryLength).Select(line => $"{line}"));

        await Store().AddHistoryAsync("newest", default);

        var history = await Store().ReadHistoryAsync(default);
        (history.Count, history[0], history[^1]).Should().Be((IModeStore.HistoryLength, "1", "newest"));
    }

    [Fact]
    public async Task A_swapped_symbolic_link_ends_the_wait_for_a_change()
    {
        foreach (var version in new[] { "1", "2" })
            System.IO.File.WriteAllText(Directory.CreateDirectory(Path.Combine(_directory, version)).FullName + "/mode.json", version);
        var data = Path.Combine(_directory, "..data");
        Directory.CreateSymbolicLink(data, Path.Combine(_directory, "1"));
        System.IO.File.CreateSymbolicLink(File, Path.Combine(data, "mode.json"));
        var store = Store();
        (await store.ReadAsync(default)).Should().Be("1");
        var waiting = store.WaitForChangeAsync(TimeSpan.FromMinutes(1), default);

        Directory.CreateSymbolicLink(data + ".new", Path.Combine(_directory, "2"));
        new DirectoryInfo(data).Delete();
        Directory.Move(data + ".new", data);

        await waiting.InTime();
        (await store.ReadAsync(default)).Should().Be("2");
        await store
            .Invoking(it => it.TryReplaceAsync("2", "3", null, default))
            .Should()
            .ThrowAsync<ModeStoreException>()
            .WithMessage("*symbolic link*");
    }

    [Fact]
    public async Task A_missing_volume_is_not_an_empty_store()
    {
        var store = new FileModeStore(Path.Combine(_directory, "gone", "mode.json"), TimeProvider.System);

        await store.Invoking(it => it.ReadAsync(default)).Should().ThrowAsync<ModeStoreException>().WithMessage("*can't be read*");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_volume_that_is_no_longer_mounted_is_not_an_empty_store(bool mountPointIsLeft)
    {
        var (mounted, elsewhere) = (Path.Combine(_directory, "volume"), Path.Combine(_directory, "elsewhere"));
        Directory.CreateDirectory(mounted);
        var store = new FileModeStore(Path.Combine(mounted, "mode.json"), TimeProvider.System);
        (await store.TryReplaceAsync(null, "record", null, default)).Should().BeTrue();
        await store.BeatAsync("web-1", "{}", default);
        var (_, report) = (await store.ReadFleetAsync(default)).Reports.Single();

        Directory.Move(mounted, elsewhere);
        if (mountPointIsLeft)
            Directory.CreateDirectory(mounted);

        foreach (
            var call in (Func<Task>[])
                [
                    () => store.BeatAsync("web-1", "{}", default),
                    () => store.ReadAsync(default),
                    () => store.ReadFleetAsync(default),
                    () => store.TryReplaceAsync(null, "another record", null, default),
                    () => store.TryReplaceReportAsync("web-1", report, report, default),
                ]
        )
            await call.Should().ThrowAsync<ModeStoreException>();
        Directory.Exists(mounted).Should().Be(mountPointIsLeft);
        System.IO.File.Exists(Path.Combine(mounted, "mode.json")).Should().BeFalse();

        if (mountPointIsLeft)
            Directory.Delete(mounted, recursive: true);
        Directory.Move(elsewhere, mounted);
        (await store.ReadAsync(default)).Should().Be("record");
        (await store.ReadFleetAsync(default)).Reports.Should().ContainKey("web-1");
    }

    [Fact]
    public async Task A_volume_that_goes_away_before_the_first_report_is_not_created_again()
    {
        var store = new FileModeStore(Path.Combine(_directory, "gone", "mode.json"), TimeProvider.System);

        await store.Invoking(it => it.BeatAsync("web-1", "{}", default)).Should().ThrowAsync<ModeStoreException>();

        Directory.Exists(Path.Combine(_directory, "gone")).Should().BeFalse();
    }

    [Fact]
    public async Task A_running_instance_whose_volume_is_no_longer_mounted_says_so_and_what_to_do()
    {
        var mounted = Directory.CreateDirectory(Path.Combine(_directory, "volume")).FullName;
        var reports = Path.Combine(mounted, "mode.json.instances");
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Set("ModeStore:File", Path.Combine(mounted, "mode.json"))
        );
        using var operators = new OperatorClient(router);
        await Eventually.Async(() => Directory.Exists(reports));

        Directory.Move(mounted, mounted + "-gone");
        Directory.CreateDirectory(mounted);

        await Eventually.TrueAsync(async () =>
            (await operators.SendAsync("GET", "/mode"))
                .Body["problem"]
                ?.ToString()
                .Contains($"{reports} is gone, as if the volume were not mounted", StringComparison.Ordinal)
            ?? false
        );
        (await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""")).Status.Should().Be(503);
        Directory.CreateDirectory(reports);
        await Eventually.Async(() => System.IO.File.Exists(Path.Combine(mounted, "mode.json")));
    }

    [Fact]
    public async Task The_mode_in_a_file_survives_a_restart_and_applies_to_every_instance()
    {
        var site = OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Set("ModeStore:File", File);
        await Seed("recovery");
        await using (var first = await RunningRouter.StartAsync(site.Set("Instance", "web-1")))
        {
            first.Modes().Current.Name.Should().Be("recovery", "the file says so, whatever DM_MODE");
            await using var second = await RunningRouter.StartAsync(site.Set("Instance", "web-2"));
            using var operators = new OperatorClient(first);
            await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""");
            await Eventually.Async(() => second.Modes().Current.Name == "maintenance");
            await Eventually.TrueAsync(async () => (await operators.SendAsync("GET", "/fleet?expect=2")).Body["safe"]!.GetValue<bool>());
        }

        await using var later = await RunningRouter.StartAsync(site);
        later.Modes().Current.Name.Should().Be("maintenance");
    }

    [Fact]
    public async Task If_the_instances_cannot_report_to_each_other_none_gives_a_verdict_for_all()
    {
        await Seed("maintenance");
        // A file instead of the directory: root can't write there either.
        System.IO.File.WriteAllText(File + ".instances", "");
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Set("ModeStore:File", File)
        );
        using var operators = new OperatorClient(router);

        await Eventually.TrueAsync(async () =>
            (await operators.SendAsync("GET", "/fleet")).Body["verdict"]!
                .ToString()
                .Contains("can't see each other", StringComparison.Ordinal)
        );
        (await operators.SendAsync("GET", "/fleet?expect=1")).Body["safe"]!.GetValue<bool>().Should().BeTrue();
    }

    [Fact]
    public async Task A_file_that_loses_its_record_gets_it_back_and_never_opens_the_site()
    {
        await Seed("maintenance");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid").Set("ModeStore:File", File));

        System.IO.File.Delete(File);

        await Eventually.Async(() => System.IO.File.Exists(File));
        router.Modes().Current.Name.Should().Be("maintenance");
    }

    [Fact]
    public async Task An_empty_store_at_the_first_start_is_no_failure_and_the_log_names_no_mode_before_there_is_one()
    {
        var clock = new ManualClock();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", "http://backend.invalid").Set("ModeStore:File", File),
            clock
        );
        Welcome.Write(router.App, isOnTerminal: false, TextWriter.Null);

        (await router.Log.NextAsync("is empty")).Should().StartWith("Information").And.Contain("mode live takes effect in 3s");
        (await router.Log.NextAsync("Router listens on")).Should().Contain("is closed until").And.NotContain("maintenance");
        await Eventually.Async(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return System.IO.File.Exists(File);
        });
        (await router.Log.NextAsync("follows the mode store")).Should().Contain("in mode live");
        router.Log.Errors().Should().BeEmpty();
    }

    [Fact]
    public async Task An_invalid_record_keeps_a_starting_instance_closed_and_a_running_one_as_it_is()
    {
        System.IO.File.WriteAllText(File, "{ broken");
        await using (
            var starting = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid").Set("ModeStore:File", File))
        )
        {
            starting.Modes().Current.Name.Should().Be("maintenance", "DM_MODE is live, but nobody knows what the file meant");
            (await starting.GetAsync("http://localhost/_status")).Body.Should().Contain("is not a valid mode record");
        }

        System.IO.File.Delete(File);
        await Seed("recovery");
        await using var running = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", "http://backend.invalid").Set("ModeStore:File", File)
        );

        // In one step: seen half written it would be an empty file, which the instance fills with what it knows.
        System.IO.File.WriteAllText(File + ".new", "{ broken");
        System.IO.File.Move(File + ".new", File, overwrite: true);

        (await running.Log.NextAsync("is not a valid mode record")).Should().Contain("recovery");
        running.Modes().Current.Name.Should().Be("recovery");
    }

    [Fact]
    public async Task Temporary_files_of_killed_writers_are_removed_and_no_other_file_is()
    {
        var reports = Directory.CreateDirectory(File + ".instances").FullName;
        string[] left = [File + ".7.0123.tmp", File + ".history.7.0123.tmp", Path.Combine(reports, "web-1.json.7.0123.tmp")];
        string[] others = [Path.Combine(_directory, "other.tmp"), File + ".instances/web-2.json"];
        foreach (var file in left.Concat(others))
        {
            System.IO.File.WriteAllText(file, "");
            System.IO.File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(-2));
        }

        // One that is being written right now.
        var fresh = File + ".8.4567.tmp";
        System.IO.File.WriteAllText(fresh, "");

        await Store().BeatAsync("web-2", "{}", default);

        left.Should().OnlyContain(file => !System.IO.File.Exists(file));
        others.Append(fresh).Should().OnlyContain(file => System.IO.File.Exists(file));
    }

    private FileModeStore Store() => new(File, TimeProvider.System);

    private async Task Seed(string mode)
    {
        ModeCatalogue.TryFind(mode, out var found).Should().BeTrue();
        var record = new ModeRecord
        {
            Version = new(1),
            Written = DateTimeOffset.UtcNow,
            Steps =
            [
                new ModeStep
                {
                    Mode = found!,
                    At = DateTimeOffset.UtcNow,
                    Made = new(1),
                },
            ],
        };
        (await Store().TryReplaceAsync(null, ModeRecordText.Format(record), null, default)).Should().BeTrue();
    }
}
