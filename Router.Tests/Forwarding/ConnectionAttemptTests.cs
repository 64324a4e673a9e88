using System.Net;
using Router.Configuration;
using Router.Http;
using Router.Upstreams;

namespace Router.Tests.Forwarding;

/// <summary>A backend's name with two IP addresses, of which one does not work.</summary>
public sealed class ConnectionAttemptTests : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);

    private readonly ManualClock _clock = new();
    private readonly LoopbackAddresses _addresses = new();

    public void Dispose() => _addresses.Dispose();

    [Fact]
    public async Task When_the_first_address_is_silent_the_second_one_is_tried_after_a_moment_and_from_then_on_first()
    {
        await _addresses.FallSilentAsync(LoopbackAddresses.First);
        _addresses.Listen(LoopbackAddresses.Second);
        var connector = Connector();

        var connecting = ConnectAsync(connector);
        await Task.Yield();
        connecting.IsCompleted.Should().BeFalse();
        (await WhileTimePassesAsync(connecting)).Should().Be(LoopbackAddresses.Second);

        // The clock stands still: nobody waits for the silent one again.
        for (var i = 0; i < 5; i++)
            (await ConnectAsync(connector)).Should().Be(LoopbackAddresses.Second);
        connector.Circuit.Should().Be(CircuitState.Closed);
    }

    [Fact]
    public async Task When_the_first_address_refuses_the_second_one_is_tried_at_once_and_only_the_first_ones_breaker_opens()
    {
        _addresses.Listen(LoopbackAddresses.Second);
        var connector = Connector("Backends:www:BreakerFailures", "3");

        for (var i = 0; i < 5; i++)
            (await ConnectAsync(connector)).Should().Be(LoopbackAddresses.Second);
        await OpenAsync(connector, CircuitState.Partial);

        connector.IsOpen.Should().BeFalse();
        (await ConnectAsync(connector)).Should().Be(LoopbackAddresses.Second);
    }

    [Fact]
    public async Task An_address_that_works_again_is_found_in_the_background_and_is_first_again()
    {
        await _addresses.FallSilentAsync(LoopbackAddresses.First);
        _addresses.Listen(LoopbackAddresses.Second);
        var connector = Connector();
        await WhileTimePassesAsync(ConnectAsync(connector));

        await _addresses.AcceptAsync(LoopbackAddresses.First);
        await Eventually.TrueAsync(async () =>
        {
            _clock.Advance(Moment);
            connector.ProbeIfDue(CancellationToken.None);
            return (await ConnectAsync(connector)).Equals(LoopbackAddresses.First);
        });
    }

    [Fact]
    public async Task When_both_are_silent_each_gets_the_whole_time_and_then_the_request_fails()
    {
        await _addresses.FallSilentAsync(LoopbackAddresses.First);
        await _addresses.FallSilentAsync(LoopbackAddresses.Second);
        var connector = Connector("Backends:www:ConnectTimeout", "2s");

        var connecting = async () => await WhileTimePassesAsync(ConnectAsync(connector));

        (await connecting.Should().ThrowAsync<BackendException>()).Which.Failure.Should().Be(ForwardFailure.ConnectTimeout);
    }

    [Fact]
    public async Task When_both_refuse_both_breakers_open_and_nothing_is_attempted_until_the_background_has_reached_one()
    {
        var connector = Connector("Backends:www:BreakerFailures", "2");
        await OpenAsync(connector, CircuitState.Open);
        _addresses.Listen(LoopbackAddresses.Second);

        var connecting = () => ConnectAsync(connector);
        (await connecting.Should().ThrowAsync<BackendException>()).Which.Failure.Should().Be(ForwardFailure.CircuitOpen);

        await Eventually.Async(() =>
        {
            _clock.Advance(Moment);
            connector.ProbeIfDue(CancellationToken.None);
            return !connector.IsOpen;
        });
        (await ConnectAsync(connector)).Should().Be(LoopbackAddresses.Second);
        connector.Circuit.Should().Be(CircuitState.Partial);
    }

    [Fact]
    public void Address_families_alternate_and_what_failed_last_comes_last()
    {
        var backend = Backend();
        ResolvedAddress[] all =
        [
            .. "2001:db8::1 2001:db8::2 2001:db8::3 192.0.2.1 192.0.2.2"
                .Split(' ')
                .Select(ip => new ResolvedAddress(IPAddress.Parse(ip), new CircuitBreaker(backend, _clock))),
        ];

        Ordered().Should().Equal("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3");
        all[0].Breaker.MarkSuspect();
        Ordered().Should().Equal("2001:db8::2", "192.0.2.1", "2001:db8::3", "192.0.2.2", "2001:db8::1");

        IEnumerable<string> Ordered() => ConnectionRace.Order(all).Select(address => address.Ip.ToString());
    }

    [Fact]
    public void Time_in_which_Router_is_late_does_not_count_against_the_backend()
    {
        var isRouterLate = true;
        using var limit = new ConnectionLimit(TimeSpan.FromSeconds(1), () => isRouterLate, _clock, CancellationToken.None);

        // One leap is one step, however long it is: a request without a thread in that time could not have connected either.
        _clock.Advance(TimeSpan.FromMinutes(1));
        limit.Token.IsCancellationRequested.Should().BeFalse();
        for (var i = 0; i < 50; i++)
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        limit.Token.IsCancellationRequested.Should().BeFalse("the backend has done its part");
        isRouterLate = false;
        _clock.Advance(TimeSpan.FromMilliseconds(100));

        limit.Token.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public async Task A_lookup_that_ends_with_any_exception_is_repeated_later()
    {
        _addresses.Listen(LoopbackAddresses.First);
        var (backend, lookups) = (Backend(), 0);
        var connector = new Connector(
            backend.Addresses.All[0],
            backend,
            (_, _) => ++lookups == 2 ? throw new InvalidOperationException() : Task.FromResult(new[] { LoopbackAddresses.First }),
            _clock
        );
        await ConnectAsync(connector);

        for (var i = 0; i < 2; i++)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            connector.IsCurrent(LoopbackAddresses.First).Should().BeTrue();
        }

        lookups.Should().Be(3);
    }

    private async Task OpenAsync(Connector connector, CircuitState state) =>
        await Eventually.TrueAsync(async () =>
        {
            _clock.Advance(Moment);
            connector.ProbeIfDue(CancellationToken.None);
            try
            {
                await ConnectAsync(connector);
            }
            catch (BackendException)
            {
                // Meant to be.
            }

            return connector.Circuit == state;
        });

    private async Task<IPAddress> WhileTimePassesAsync(Task<IPAddress> connecting)
    {
        await Eventually.Async(() =>
        {
            _clock.Advance(Moment / 2);
            return connecting.IsCompleted;
        });
        return await connecting;
    }

    private static async Task<IPAddress> ConnectAsync(Connector connector)
    {
        using var connection = await connector.ConnectAsync(CancellationToken.None).InTime();
        return connection.Address;
    }

    private Connector Connector(string key = "Backends:www:BreakerFailures", string value = "1000")
    {
        var backend = Backend(key, value);
        return new Connector(
            backend.Addresses.All[0],
            backend,
            (_, _) => Task.FromResult(new[] { LoopbackAddresses.First, LoopbackAddresses.Second }),
            _clock
        );
    }

    private BackendSettings Backend(string key = "Backends:www:BreakerFailures", string value = "1000") =>
        SiteFile
            .Of("www.*", $"http://backend.internal:{_addresses.Port}")
            .Set("Backends:www:ConnectTimeout", "1h")
            .Set("Backends:www:DnsRefresh", "1h")
            .Set(key, value)
            .ToSettings()
            .Backends.Single();
}
