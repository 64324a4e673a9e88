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
            var won = await Task.WhenAll(writers.Select((writer, index) => Task.Run(() => writer.TryReplaceAsync(before, $"{round} {index}", $"{round}", default))));
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
        await one.ReportAsync("web-1/a", "x", default);
        await one.ReportAsync("web-1/a", "y", default);
        await one.ReportAsync("web-2/b", "z", default);
        (await other.ReadReportsAsync(default)).Should().BeEquivalentTo(new Dictionary<string, string> { ["web-1/a"] = "y", ["web-2/b"] = "z" });

        await one.ForgetAsync(["web-1/a"], default);

        (await other.ReadReportsAsync(default)).Keys.Should().Equal("web-2/b");
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
