using Router.Modes.Stores;

namespace Router.Tests.Harness;

/// <summary>What every shared store promises; each call of <c>open</c> opens the same one once more.</summary>
internal static class ModeStorePromises
{
    public static async Task ReplacesOnlyWhatWasExpectedAsync(Func<IModeStore> open)
    {
        await using var one = open();
        await using var other = open();
        (await one.ReadAsync(default)).Should().BeNull();

        (await one.TryReplaceAsync(null, "a", "first", default)).Should().BeTrue();
        (await other.TryReplaceAsync(null, "b", "second", default)).Should().BeFalse();
        (await other.TryReplaceAsync("b", "c", "third", default)).Should().BeFalse();
        (await other.TryReplaceAsync("a", "c", "fourth", default)).Should().BeTrue();

        (await one.ReadAsync(default)).Should().Be("c");
        (await one.ReadHistoryAsync(default)).Should().Equal("first", "fourth");
    }

    public static async Task OneWriterWinsAsync(Func<IModeStore> open)
    {
        var writers = Enumerable.Range(0, 4).Select(_ => open()).ToArray();
        for (var round = 0; round < 20; round++)
        {
            var before = await writers[0].ReadAsync(default);
            var won = await Task.WhenAll(
                writers.Select((writer, index) => Task.Run(() => writer.TryReplaceAsync(before, $"{round} {index}", $"{round}", default)))
            );
            won.Count(it => it).Should().Be(1);
        }

        (await writers[0].ReadHistoryAsync(default)).Should().Equal(Enumerable.Range(0, 20).Select(round => $"{round}"));
        foreach (var writer in writers)
            await writer.DisposeAsync();
    }

    public static async Task KeepsReportsAsync(Func<IModeStore> open)
    {
        await using var one = open();
        await using var other = open();
        await one.BeatAsync("web-1/a", "x", default);
        await one.BeatAsync("web-1/a", "y", default);
        await one.BeatAsync("web-2/b", "z", default);
        var fleet = await other.ReadFleetAsync(default);
        fleet
            .Reports.ToDictionary(report => report.Key, report => report.Value.Text)
            .Should()
            .BeEquivalentTo(new Dictionary<string, string> { ["web-1/a"] = "y", ["web-2/b"] = "z" });
        fleet.Reports.Values.Should().OnlyContain(report => report.SeenAt <= fleet.Now, "one clock stamps them and reads them");

        await one.DeleteReportsAsync(["web-1/a"], default);

        (await other.ReadFleetAsync(default)).Reports.Keys.Should().Equal("web-2/b");
    }

    public static async Task ReplacesOnlyTheReportThatWasReadAsync(Func<IModeStore> open)
    {
        await using var one = open();
        await using var other = open();
        await one.BeatAsync("web-1/a", "alive", default);
        var read = (await other.ReadFleetAsync(default)).Reports["web-1/a"];
        var ended = read with { Text = "ended" };

        (await other.TryReplaceReportAsync("web-1/a", null, ended, default)).Should().BeFalse("there is one");
        await one.BeatAsync("web-1/a", "alive again", default);
        (await other.TryReplaceReportAsync("web-1/a", read, ended, default)).Should().BeFalse("it has reported since");
        (await other.ReadFleetAsync(default)).Reports["web-1/a"].Text.Should().Be("alive again");

        read = (await other.ReadFleetAsync(default)).Reports["web-1/a"];
        (await other.TryReplaceReportAsync("web-1/a", read, ended with { SeenAt = read.SeenAt }, default)).Should().BeTrue();
        (await one.ReadFleetAsync(default)).Reports["web-1/a"].Should().Be(ended with { SeenAt = read.SeenAt });
        (await other.TryReplaceReportAsync("web-2/b", null, ended, default)).Should().BeTrue("the store had lost it");
    }

    public static async Task KeepsDamagedReportsAsync(Func<IModeStore> open)
    {
        await using var store = open();
        foreach (var damaged in (string[])["", "{", " {}", "0 {}", "-1 {}", "99999999999999999999 {}", $"{long.MaxValue} {{}}"])
        {
            // What has no time is stored as it is.
            (await store.TryReplaceReportAsync("web-1/a", null, new StoredReport(DateTimeOffset.UnixEpoch, damaged), default))
                .Should()
                .BeTrue();

            var read = (await store.ReadFleetAsync(default)).Reports["web-1/a"];

            (await store.TryReplaceReportAsync("web-1/a", read, read with { SeenAt = DateTimeOffset.UtcNow }, default))
                .Should()
                .BeTrue("an operator can say of '{0}' that its instance has ended", damaged);
            await store.DeleteReportsAsync(["web-1/a"], default);
        }
    }

    public static async Task WakesAsync(Func<IModeStore> open)
    {
        await using var one = open();
        await using var other = open();
        await one.ReadAsync(default);
        await other.ReadAsync(default);

        var waiting = other.WaitForChangeAsync(TimeSpan.FromMinutes(1), default);
        await one.TryReplaceAsync(null, "first", null, default);
        await waiting.InTime();
        (await other.ReadAsync(default)).Should().Be("first");

        await one.TryReplaceAsync("first", "second", null, default);
        await other.WaitForChangeAsync(TimeSpan.FromMinutes(1), default).InTime();
        (await other.ReadAsync(default)).Should().Be("second");
    }
}
