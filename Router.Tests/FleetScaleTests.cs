using System.Diagnostics;
using System.Globalization;
using Router.Modes.Stores;
using Router.Switching;
using StackExchange.Redis;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// What a fleet costs at one Redis: every instance has connections of its own and reports as it would, and nothing else of it runs.
/// </summary>
[Collection(Alone.Name)]
public sealed class FleetScaleTests(ITestOutputHelper output)
{
    private const int Rounds = 5;
    private const string ObserverKey = "{router}:observer";

    [SoakFact]
    public async Task A_heartbeat_costs_an_instance_the_same_in_a_fleet_of_ten_and_of_five_hundred()
    {
        var few = await MeasureAsync(10);
        var many = await MeasureAsync(500);

        many.BytesIn.Should().BeLessThan(few.BytesIn * 1.2);
        many.BytesOut.Should().BeLessThan(few.BytesOut * 1.2);
    }

    private async Task<(double BytesIn, double BytesOut)> MeasureAsync(int count)
    {
        await using var redis = await RedisServer.StartAsync(null, "--appendonly", "no");
        await using var asked = await ConnectionMultiplexer.ConnectAsync($"localhost:{redis.Port},allowAdmin=true");
        var server = asked.GetServer(asked.GetEndPoints()[0]);
        var fleet = Enumerable.Range(0, count).Select(number => new Instance($"web-{number}", redis.Url)).ToArray();
        foreach (var instance in fleet)
            await instance.BeatAsync();
        // An instance that started early has read a small fleet, and would soon read again. From now on it is rare.
        foreach (var instance in fleet)
            await instance.Fleet.ReadOthersAsync(default);
        // Another one may have taken over by now, or none: then this one does. The observer reads all reports with each heartbeat, so its
        // heartbeats are not counted; and it stays the observer, and its verdict in the replies, however long the measurement takes.
        await fleet[0].BeatAsync();
        var database = asked.GetDatabase();
        var observing = (string?)await database.StringGetAsync(ObserverKey);
        var observer = fleet.Single(instance => instance.Id == observing);
        foreach (var key in new[] { ObserverKey, "{router}:verdict" })
            (await database.KeyPersistAsync(key)).Should().BeTrue($"{key} is there");
        var others = fleet.Where(instance => instance != observer).ToArray();

        var (before, began) = (await TrafficAsync(server), Stopwatch.GetTimestamp());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var instance in others)
                await instance.BeatAsync();
        }

        (await database.StringGetAsync(ObserverKey)).ToString().Should().Be(observing, "no other heartbeat counted was an observer's");
        var (after, took) = (await TrafficAsync(server), Stopwatch.GetElapsedTime(began));
        var beats = (double)Rounds * others.Length;
        var (bytesIn, bytesOut) = ((after.In - before.In) / beats, (after.Out - before.Out) / beats);

        began = Stopwatch.GetTimestamp();
        await observer.BeatAsync();
        var observed = Stopwatch.GetElapsedTime(began);
        began = Stopwatch.GetTimestamp();
        var verdict = others[^1].Fleet.Judge(await others[^1].Fleet.ReadOthersAsync(default), null, null);
        var judged = Stopwatch.GetElapsedTime(began);

        foreach (var instance in fleet)
            await instance.Store.ReadAsync(default);
        var heard = fleet.Select(instance => HearAsync(instance.Store)).ToArray();
        began = Stopwatch.GetTimestamp();
        await fleet[0].Store.TryReplaceAsync(null, "changed", null, default);
        var spread = (await Task.WhenAll(heard)).Select(at => Stopwatch.GetElapsedTime(began, at)).Max();

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{count} instances: a heartbeat sends {bytesIn:F0} and receives {bytesOut:F0} bytes and takes "
                    + $"{took.TotalMilliseconds / beats:F2} ms; the observer's takes {observed.TotalMilliseconds:F0} ms; "
                    + $"reading and judging takes {judged.TotalMilliseconds:F0} ms; a change is known everywhere after "
                    + $"{spread.TotalMilliseconds:F0} ms"
            )
        );
        verdict.Live.Should().Be(count - 1, "the one that asks is not among what it reads");
        foreach (var instance in fleet)
            await instance.Store.DisposeAsync();
        return (bytesIn, bytesOut);
    }

    private static async Task<long> HearAsync(RedisModeStore store)
    {
        await store.WaitForChangeAsync(TimeSpan.FromMinutes(1), default);
        while (await store.ReadAsync(default) is null)
            await store.WaitForChangeAsync(TimeSpan.FromMinutes(1), default);
        return Stopwatch.GetTimestamp();
    }

    private static async Task<(long In, long Out)> TrafficAsync(IServer server)
    {
        var stats = (await server.InfoAsync("stats")).SelectMany(group => group).ToDictionary(pair => pair.Key, pair => pair.Value);
        return (
            long.Parse(stats["total_net_input_bytes"], CultureInfo.InvariantCulture),
            long.Parse(stats["total_net_output_bytes"], CultureInfo.InvariantCulture)
        );
    }

    private sealed class Instance(string name, string redis)
    {
        private readonly FleetInstance _instance = new(
            name,
            SiteFile.Of("*", "http://backend.invalid").Set("ModeStore:Redis", redis),
            settings => new RedisModeStore(settings.ModeStore.Redis!, TimeProvider.System),
            TimeProvider.System
        );

        public string Id => _instance.Reporter.Make(null).Id;

        public RedisModeStore Store => (RedisModeStore)_instance.Store;

        public Fleet Fleet => _instance.Fleet;

        public Task BeatAsync() => _instance.ReportAsync(_instance.Reporter.Make(null));
    }
}
