using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Router.Configuration;
using StackExchange.Redis;

namespace Router.Modes.Stores;

/// <summary>
/// Stores the record in Redis 6 or later, or Valkey, for a fleet: <c>{prefix}:mode</c>, <c>{prefix}:history</c>, <c>{prefix}:instances</c>,
/// <c>{prefix}:observer</c> and <c>{prefix}:verdict</c> (the braces are part of the names and keep the keys on one node of a cluster), with
/// changes announced on the channel <c>{prefix}:changed</c>. It connects on first use and keeps retrying; each call ends within three
/// seconds.
/// </summary>
public sealed class RedisModeStore : IModeStore
{
    private const int TimeoutInMilliseconds = 2_000;
    private const int MaxPause = 1_000;

    // Atomic on the server: no reader sees the record without its line in the history, and one of two concurrent writers finds it changed.
    private const string ReplaceScript = """
        local held = redis.call('GET', KEYS[1])
        if ARGV[1] == '1' then
            if held ~= ARGV[2] then return 0 end
        elseif held then
            return 0
        end
        redis.call('SET', KEYS[1], ARGV[3])
        if ARGV[4] == '1' then
            redis.call('RPUSH', KEYS[2], ARGV[5])
            redis.call('LTRIM', KEYS[2], ARGV[6], -1)
        end
        redis.call('PUBLISH', ARGV[7], '')
        return 1
        """;

    // Stamped by the server, so that the age of a report depends on no other clock. One reply contains all that an instance needs each
    // second, whatever the size of the fleet: only the observer reads the reports of the others.
    private const string BeatScript = """
        local time = redis.call('TIME')
        local now = time[1] .. string.format('%06d', time[2])
        redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
        local observer = 0
        if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[3]) then
            observer = 1
        elseif redis.call('GET', KEYS[2]) == ARGV[1] then
            redis.call('PEXPIRE', KEYS[2], ARGV[3])
            observer = 1
        end
        return {now, observer, redis.call('GET', KEYS[3]) or ''}
        """;

    private const string ReadScript = """
        local time = redis.call('TIME')
        return {time[1] .. string.format('%06d', time[2]), redis.call('HGETALL', KEYS[1])}
        """;

    private const string ReplaceReportScript = """
        local held = redis.call('HGET', KEYS[1], ARGV[1])
        if ARGV[2] == '1' then
            if held ~= ARGV[3] then return 0 end
        elseif held then
            return 0
        end
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
        return 1
        """;

    // Milliseconds. An observer that stops reporting is replaced, and its verdict expires.
    private const int ShortLived = 5_000;

    private readonly ConfigurationOptions _options;
    private readonly AsyncAutoResetEvent _changed;
    private readonly TimeProvider _time;
    private readonly RedisKey _mode;
    private readonly RedisKey _history;
    private readonly RedisKey _instances;
    private readonly RedisKey _observer;
    private readonly RedisKey _verdict;
    private readonly RedisChannel _channel;
    private readonly Lock _lock = new();
    private Task<ConnectionMultiplexer>? _connection;

    /// <summary>Creates the store without connecting.</summary>
    public RedisModeStore(RedisSettings settings, TimeProvider time)
    {
        (_time, _changed) = (time, new AsyncAutoResetEvent(time));
        _options = settings.Options.Clone();
        // The caller reads again later; nothing waits here for an unreachable store.
        _options.AbortOnConnectFail = false;
        _options.BacklogPolicy = BacklogPolicy.FailFast;
        _options.ConnectTimeout = _options.SyncTimeout = _options.AsyncTimeout = TimeoutInMilliseconds;
        _options.ConnectRetry = 1;
        _options.ReconnectRetryPolicy = new LinearRetry(MaxPause);
        _options.ClientName ??= "router";
        if (settings.CertificateAuthorities is { } path)
        {
            var authorities = CertificateAuthorities.Load(path);
            _options.SslClientAuthenticationOptions = host => TlsOptions(host, authorities);
        }

        _mode = $"{{{settings.Prefix}}}:mode";
        _history = $"{{{settings.Prefix}}}:history";
        _instances = $"{{{settings.Prefix}}}:instances";
        _observer = $"{{{settings.Prefix}}}:observer";
        _verdict = $"{{{settings.Prefix}}}:verdict";
        _channel = RedisChannel.Literal($"{{{settings.Prefix}}}:changed");
        Name = $"Redis at {string.Join(", ", _options.EndPoints.Select(Format))}";
    }

    public string Name { get; }

    public bool IsLasting => true;

    public bool IsShared => true;

    public bool NeedsRegistration => true;

    public Task<string?> ReadAsync(CancellationToken cancellation) =>
        GuardAsync(
            async database => (string?)await database.StringGetAsync(_mode, CommandFlags.DemandMaster).ConfigureAwait(false),
            cancellation
        );

    public Task<bool> TryReplaceAsync(string? expected, string replacement, string? historyLine, CancellationToken cancellation) =>
        GuardAsync(
            async database =>
                (bool)
                    await database
                        .ScriptEvaluateAsync(
                            ReplaceScript,
                            [_mode, _history],
                            [
                                expected is not null,
                                expected ?? "",
                                replacement,
                                historyLine is not null,
                                historyLine ?? "",
                                -IModeStore.HistoryLength,
                                _channel.ToString(),
                            ],
                            CommandFlags.DemandMaster
                        )
                        .ConfigureAwait(false),
            cancellation
        );

    public Task AddHistoryAsync(string line, CancellationToken cancellation) =>
        GuardAsync(
            async database =>
            {
                await database.ListRightPushAsync(_history, line, flags: CommandFlags.DemandMaster).ConfigureAwait(false);
                await database.ListTrimAsync(_history, -IModeStore.HistoryLength, -1, CommandFlags.DemandMaster).ConfigureAwait(false);
                return true;
            },
            cancellation
        );

    public Task<IReadOnlyList<string>> ReadHistoryAsync(CancellationToken cancellation) =>
        GuardAsync<IReadOnlyList<string>>(
            async database =>
                [
                    .. (await database.ListRangeAsync(_history, 0, -1, CommandFlags.DemandMaster).ConfigureAwait(false)).Select(line =>
                        line.ToString()
                    ),
                ],
            cancellation
        );

    public Task<StoreBeat> BeatAsync(string instance, string report, CancellationToken cancellation) =>
        GuardAsync(
            async database =>
            {
                var reply = await database
                    .ScriptEvaluateAsync(
                        BeatScript,
                        [_instances, _observer, _verdict],
                        [instance, report, ShortLived],
                        CommandFlags.DemandMaster
                    )
                    .ConfigureAwait(false);
                var parts = (RedisResult[])reply!;
                return new StoreBeat(
                    StoredReport.AtMicroseconds((long)parts[0]),
                    (int)parts[1] == 1,
                    (string?)parts[2] is { Length: > 0 } verdict ? verdict : null
                );
            },
            cancellation
        );

    public Task<StoredFleet> ReadFleetAsync(CancellationToken cancellation) =>
        GuardAsync(
            async database =>
            {
                var parts = (RedisResult[])
                    (await database.ScriptEvaluateAsync(ReadScript, [_instances], flags: CommandFlags.DemandMaster).ConfigureAwait(false))!;
                var (pairs, reports) = ((string[])parts[1]!, new Dictionary<string, StoredReport>());
                for (var i = 0; i + 1 < pairs.Length; i += 2)
                    reports[pairs[i]] = StoredReport.Decode(pairs[i + 1]);
                return new StoredFleet(StoredReport.AtMicroseconds((long)parts[0]), reports);
            },
            cancellation
        );

    public Task<bool> TryReplaceReportAsync(
        string instance,
        StoredReport? expected,
        StoredReport replacement,
        CancellationToken cancellation
    ) =>
        GuardAsync(
            async database =>
                (bool)
                    await database
                        .ScriptEvaluateAsync(
                            ReplaceReportScript,
                            [_instances],
                            [instance, expected is not null, expected?.Encode() ?? "", replacement.Encode()],
                            CommandFlags.DemandMaster
                        )
                        .ConfigureAwait(false),
            cancellation
        );

    public Task PublishVerdictAsync(string verdict, CancellationToken cancellation) =>
        GuardAsync(
            database => database.StringSetAsync(_verdict, verdict, TimeSpan.FromMilliseconds(ShortLived), flags: CommandFlags.DemandMaster),
            cancellation
        );

    public Task DeleteReportsAsync(IReadOnlyCollection<string> instances, CancellationToken cancellation) =>
        GuardAsync(
            database =>
                database.HashDeleteAsync(_instances, [.. instances.Select(instance => (RedisValue)instance)], CommandFlags.DemandMaster),
            cancellation
        );

    public Task WaitForChangeAsync(TimeSpan timeout, CancellationToken cancellation) => _changed.WaitAsync(timeout, cancellation);

    public async ValueTask DisposeAsync()
    {
        Task<ConnectionMultiplexer>? connection;
        lock (_lock)
            connection = _connection;
        if (connection is null)
            return;
        await ((Task)connection).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (connection.IsCompletedSuccessfully)
            await connection.Result.DisposeAsync().ConfigureAwait(false);
    }

    private Task<ConnectionMultiplexer> ConnectionAsync()
    {
        lock (_lock)
        {
            // An established connection reconnects by itself; one that could not be established is retried.
            if (_connection is null || _connection.IsFaulted)
                _connection = ConnectAsync();
            return _connection;
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(_options).ConfigureAwait(false);
        var subscriber = connection.GetSubscriber();
        connection.ConnectionRestored += (_, _) => _ = ResyncAsync(subscriber);
        // Not awaited: while the server is unreachable it cannot complete, and the library subscribes once the server is reachable.
        await subscriber.SubscribeAsync(_channel, (_, _) => _changed.Set(), CommandFlags.FireAndForget).ConfigureAwait(false);
        _ = ResyncAsync(subscriber);
        return connection;
    }

    // A change that was published before the subscription was active was missed. Its connection responds in order, so a response to PING
    // proves that it is active.
    private async Task ResyncAsync(ISubscriber subscriber)
    {
        while (true)
        {
            try
            {
                await subscriber.PingAsync().ConfigureAwait(false);
                _changed.Set();
                return;
            }
            catch (TimeoutException)
            {
                // The subscription may still become active on this connection, late.
            }
            catch (Exception error) when (RedisFailure.IsOfConnection(error))
            {
                // The connection is lost again; its restoration starts another resync.
                return;
            }
        }
    }

    private async Task<T> GuardAsync<T>(Func<IDatabase, Task<T>> work, CancellationToken cancellation)
    {
        try
        {
            return await WorkAsync().WaitAsync(IModeStore.CallTimeout, _time, cancellation).ConfigureAwait(false);
        }
        catch (RedisServerException error)
        {
            throw new ModeStoreException($"{Name} refused: {error.Message}", error);
        }
        catch (Exception error) when (RedisFailure.IsOfConnection(error))
        {
            var reason = await RedisFailure.ReasonAsync(error, _options.EndPoints[0], PingErrorAsync).ConfigureAwait(false);
            throw new ModeStoreException($"{Name} can't be used: {reason}", error);
        }

        async Task<T> WorkAsync() => await work((await ConnectionAsync().ConfigureAwait(false)).GetDatabase()).ConfigureAwait(false);
    }

    private async Task<Exception?> PingErrorAsync()
    {
        try
        {
            var connection = await ConnectionAsync().ConfigureAwait(false);
            await connection.GetDatabase().PingAsync(CommandFlags.DemandMaster).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (RedisFailure.IsOfConnection(error))
        {
            return error;
        }
    }

    private static SslClientAuthenticationOptions TlsOptions(string host, X509Certificate2Collection authorities) =>
        new() { TargetHost = host, CertificateChainPolicy = CertificateAuthorities.ChainPolicy(authorities) };

    private static string Format(EndPoint address) => address is DnsEndPoint named ? $"{named.Host}:{named.Port}" : address.ToString()!;
}
