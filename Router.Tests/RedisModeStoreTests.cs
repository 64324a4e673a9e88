using System.Diagnostics;
using System.Net;
using Router.Configuration;
using Router.Modes.Stores;
using StackExchange.Redis;

namespace Router.Tests;

/// <summary>Against a real server, which is ours.</summary>
public sealed class RedisModeStoreTests
{
    [RedisFact]
    public Task A_text_is_replaced_only_where_it_is_exactly_what_was_expected() =>
        WithAsync(ModeStorePromises.ReplacesOnlyWhatWasExpectedAsync);

    [RedisFact]
    public Task Of_several_writers_exactly_one_wins() => WithAsync(ModeStorePromises.OneWriterWinsAsync);

    [RedisFact]
    public Task What_instances_report_is_read_replaced_and_forgotten() => WithAsync(ModeStorePromises.KeepsReportsAsync);

    [RedisFact]
    public Task A_report_is_replaced_only_where_it_is_the_one_that_was_read() =>
        WithAsync(ModeStorePromises.ReplacesOnlyTheReportThatWasReadAsync);

    [RedisFact]
    public Task A_damaged_report_is_read_and_can_be_replaced() => WithAsync(ModeStorePromises.KeepsDamagedReportsAsync);

    [RedisFact]
    public Task One_instance_observes_and_its_verdict_reaches_the_others_until_it_stops_reporting() =>
        WithAsync(async open =>
        {
            await using var one = open();
            await using var other = open();
            (await one.BeatAsync("web-1/a", "x", default)).IsObserver.Should().BeTrue();
            (await other.BeatAsync("web-2/b", "x", default)).Should().Match<StoreBeat>(beat => !beat.IsObserver && beat.Verdict == null);

            await one.PublishVerdictAsync("safe", default);

            (await other.BeatAsync("web-2/b", "x", default)).Verdict.Should().Be("safe");
            await Eventually.TrueAsync(async () => (await other.BeatAsync("web-2/b", "x", default)) is { IsObserver: true, Verdict: null });
        });

    [RedisFact]
    public Task A_change_wakes_the_waiter_even_if_it_came_before_the_wait() => WithAsync(ModeStorePromises.WakesAsync);

    [RedisFact]
    public async Task A_change_before_the_subscription_is_active_wakes_the_waiter()
    {
        await using var server = await RedisServer.StartAsync();
        await using var relay = HoldingRelay.Start(server.Port, "{router}:changed");
        await using var one = Open(server.Url);
        await using var other = Open($"redis://localhost:{relay.Port}");
        await other.ReadAsync(default);
        await relay.Held;
        var waiting = other.WaitForChangeAsync(TimeSpan.FromMinutes(1), default);

        await one.TryReplaceAsync(null, "first", null, default);
        waiting.IsCompleted.Should().BeFalse("nothing could be heard yet");
        relay.LetThrough();

        await waiting.InTime();
        (await other.ReadAsync(default)).Should().Be("first");
    }

    [RedisFact]
    public Task The_history_keeps_its_newest_lines() =>
        WithAsync(async open =>
        {
            await using var store = open();
            await Task.WhenAll(Enumerable.Range(0, IModeStore.HistoryLength).Select(line => store.AddHistoryAsync($"{line}", default)));

            await store.AddHistoryAsync("newest", default);

            var history = await store.ReadHistoryAsync(default);
            (history.Count, history[^1]).Should().Be((IModeStore.HistoryLength, "newest"));
        });

    [RedisFact]
    public async Task Two_sites_on_one_server_have_a_prefix_each()
    {
        await using var server = await RedisServer.StartAsync();
        await using var one = Open(server.Url);
        await using var other = Open(server.Url, prefix: "staging");

        await one.TryReplaceAsync(null, "a", null, default);

        (await other.ReadAsync(default)).Should().BeNull();
    }

    [RedisFact]
    public async Task Every_call_to_an_unavailable_server_ends_in_time_and_it_is_used_again_when_it_is_back()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = Open(server.Url);
        await store.TryReplaceAsync(null, "a", null, default);
        await server.KillAsync();

        Func<Task>[] calls =
        [
            () => store.ReadAsync(default),
            () => store.TryReplaceAsync("a", "b", "line", default),
            () => store.AddHistoryAsync("line", default),
            () => store.ReadHistoryAsync(default),
            () => store.BeatAsync("web-1", "x", default),
            () => store.ReadFleetAsync(default),
            () => store.DeleteReportsAsync(["web-1"], default),
        ];
        foreach (var call in calls)
        {
            var done = call();
            await Task.WhenAny(done).PromptlyAsync(TimeSpan.FromSeconds(5));
            (await done.Awaiting(it => it).Should().ThrowAsync<ModeStoreException>())
                .Which.Message.Should()
                .Be(
                    $"Redis at localhost:{server.Port} can't be used: it refuses the connection. Start it, or correct the port in "
                        + $"Router:ModeStore:Redis"
                );
        }

        await server.ReturnAsync(withData: true);

        await Eventually.TrueAsync(async () => await Try(store) == "a");
    }

    [RedisFact]
    public async Task A_server_that_starts_after_the_store_was_opened_is_used_and_announces_changes()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        await using var store = Open(server.Url);
        await store.Invoking(it => it.ReadAsync(default)).Should().ThrowAsync<ModeStoreException>();

        await server.ReturnAsync(withData: true);
        await Eventually.TrueAsync(async () => await Try(store) is null);
        await using var other = Open(server.Url);

        await Eventually.TrueAsync(async () =>
        {
            // Until the subscription is there, a change is found by looking only.
            var before = await other.ReadAsync(default);
            var waiting = store.WaitForChangeAsync(TimeSpan.FromSeconds(1), default);
            await other.TryReplaceAsync(before, before + "a", null, default);
            var began = Stopwatch.GetTimestamp();
            await waiting;
            return Stopwatch.GetElapsedTime(began) < TimeSpan.FromMilliseconds(500);
        });
    }

    [RedisFact]
    public async Task A_server_that_was_unavailable_counts_as_a_change_when_it_is_back()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = Open(server.Url);
        await store.ReadAsync(default);
        await server.KillAsync();
        var waiting = store.WaitForChangeAsync(TimeSpan.FromMinutes(1), default);
        await server.ReturnAsync(withData: false);

        await waiting.InTime();
    }

    [RedisFact]
    public async Task Its_password_opens_it_and_is_never_shown()
    {
        await using var server = await RedisServer.StartAsync(null, "--requirepass", "a p@ss:word");
        await using var right = Open($"redis://:a%20p%40ss%3Aword@localhost:{server.Port}");
        (await right.ReadAsync(default)).Should().BeNull();
        // The first read of each: for an instant the client library has no cause.
        for (var i = 0; i < 20; i++)
        {
            await using var wrong = Open($"redis://:hidden@localhost:{server.Port}");

            var error = (await wrong.Invoking(it => it.ReadAsync(default)).Should().ThrowAsync<ModeStoreException>()).Which;

            error.Message.Should().Contain("password is not accepted").And.NotContain("hidden");
            wrong.Name.Should().Be($"Redis at localhost:{server.Port}");
        }
    }

    [Fact]
    public async Task A_cause_that_the_client_library_records_after_the_error_is_named()
    {
        await using var server = RawBackend.Start();
        var address = IPEndPoint.Parse(server.Authority);
        var withoutCause = Error(ConnectionFailureType.UnableToResolvePhysicalConnection, null);
        var rejected = Error(ConnectionFailureType.AuthenticationFailure, null);
        var withCause = Error(ConnectionFailureType.UnableToResolvePhysicalConnection, rejected);
        var errors = new Queue<Exception>([withoutCause, withCause]);

        var reason = await RedisFailure.ReasonAsync(withoutCause, address, () => Task.FromResult<Exception?>(errors.Dequeue()));

        reason.Should().StartWith("the user or the password is not accepted");

        static RedisConnectionException Error(ConnectionFailureType type, Exception? cause) =>
            new(type, CommandFlags.None, "No connection is active", cause);
    }

    [RedisFact]
    public async Task With_TLS_it_is_trusted_by_the_authorities_that_the_configuration_names_and_by_its_name()
    {
        var directory = Directory.CreateTempSubdirectory("router-tls-").FullName;
        using var certificate = Certificates.Of("localhost");
        var files = certificate.Write(directory, "redis");
        await using var server = await RedisServer.StartAsync(files);
        var url = $"rediss://localhost:{server.Port}";
        await using (var trusting = Open(url, authorities: files.Certificate))
            (await trusting.TryReplaceAsync(null, "a", null, default)).Should().BeTrue();
        using var stranger = Certificates.Of("localhost");

        foreach (
            var (address, authorities) in new[]
            {
                (url, null),
                (url, stranger.Write(directory, "stranger").Certificate),
                ($"rediss://127.0.0.1:{server.Port}", files.Certificate),
            }
        )
        {
            await using var doubting = Open(address, authorities: authorities);

            var error = (await doubting.Invoking(it => it.ReadAsync(default)).Should().ThrowAsync<ModeStoreException>()).Which;

            error.Message.Should().Contain("certificate is not trusted");
        }

        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("redis.invalid", "its name is not known. Correct the host in Router:ModeStore:Redis, or the name server")]
    [InlineData(
        "{silent}",
        "it accepts connections, but does not respond. It may be loading its data, or the two ends may not agree on TLS: "
            + "Router:ModeStore:Redis begins with rediss:// for TLS and redis:// without"
    )]
    public async Task The_cause_is_named_with_what_to_do(string host, string reason)
    {
        await using var silent = RawBackend.Start();
        var at = host.Replace("{silent}", silent.Authority, StringComparison.Ordinal);
        await using var store = Open($"redis://{at}");

        await Eventually.TrueAsync(async () =>
            (await store.Invoking(it => it.ReadAsync(default)).Should().ThrowAsync<ModeStoreException>()).Which.Message.EndsWith(
                $"can't be used: {reason}",
                StringComparison.Ordinal
            )
        );
    }

    private static async Task WithAsync(Func<Func<IModeStore>, Task> promise)
    {
        await using var server = await RedisServer.StartAsync();
        await promise(() => Open(server.Url));
    }

    private static RedisModeStore Open(string url, string prefix = "router", string? authorities = null)
    {
        RedisSettings.TryParse(url, out var options, out _).Should().BeTrue();
        return new RedisModeStore(
            new RedisSettings(options!) { Prefix = prefix, CertificateAuthorities = authorities },
            TimeProvider.System
        );
    }

    private static async Task<string?> Try(RedisModeStore store)
    {
        try
        {
            return await store.ReadAsync(default);
        }
        catch (ModeStoreException)
        {
            return "away";
        }
    }
}
