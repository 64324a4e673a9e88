using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Tests.Harness;

/// <summary>
/// The first record of a mode store, for tests of what comes later: an instance that finds its store empty waits for seconds before it
/// writes one.
/// </summary>
internal static class FirstRecord
{
    /// <summary>Its text.</summary>
    public static string Of(Mode mode) =>
        ModeRecordText.Format(ModeRecord.Start(mode, RecordVersion.NotStored.Next, DateTimeOffset.UtcNow));

    /// <summary>Starts a Redis that has it.</summary>
    public static async Task<RedisServer> StartRedisAsync(Mode mode)
    {
        var redis = await RedisServer.StartAsync();
        RedisSettings.TryParse(redis.Url, out var options, out _).Should().BeTrue();
        await using var store = new RedisModeStore(new RedisSettings(options!), TimeProvider.System);
        (await store.TryReplaceAsync(null, Of(mode), null, default)).Should().BeTrue();
        return redis;
    }
}
