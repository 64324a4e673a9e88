using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;
using Router.Configuration;
using Router.Serving;
using Router.Upstreams;

namespace Router.Tests.Forwarding;

public sealed class DnsTests : IDisposable
{
    private static readonly IPAddress First = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Second = IPAddress.Parse("127.0.0.2");

    private readonly ManualClock _clock = new();
    private readonly Socket _listener = Listen();
    private Func<Task<IPAddress[]>> _response = () => Task.FromResult(new[] { First });
    private int _asked;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_name_is_resolved_again_after_ten_seconds_and_connections_to_its_current_addresses_are_kept()
    {
        var connector = Connector();
        (await ConnectAsync(connector)).Should().Be(First);
        _clock.Advance(TimeSpan.FromSeconds(9));
        (await ConnectAsync(connector)).Should().Be(First);
        _asked.Should().Be(1);

        _response = () => Task.FromResult(new[] { First, Second });
        _clock.Advance(TimeSpan.FromSeconds(1));
        connector.IsCurrent(First).Should().BeTrue("what works is used while the name is asked for");

        await Eventually.TrueAsync(() => Task.FromResult(connector.IsCurrent(Second)));
        connector.IsCurrent(First).Should().BeTrue();
        _asked.Should().Be(2);
    }

    [Fact]
    public async Task Where_the_name_has_moved_new_connections_go_to_the_new_address_and_kept_ones_to_the_old_are_not_used_any_more()
    {
        var connector = Connector();
        (await ConnectAsync(connector)).Should().Be(First);

        _response = () => Task.FromResult(new[] { Second });
        _clock.Advance(TimeSpan.FromSeconds(10));
        connector.IsCurrent(First);

        await Eventually.TrueAsync(() => Task.FromResult(!connector.IsCurrent(First)));
        (await ConnectAsync(connector)).Should().Be(Second);
    }

    [Fact]
    public async Task When_the_name_server_fails_the_addresses_known_last_are_used_and_it_is_asked_again()
    {
        var connector = Connector();
        await ConnectAsync(connector);

        _response = () => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.TryAgain));
        _clock.Advance(TimeSpan.FromSeconds(10));
        (await ConnectAsync(connector)).Should().Be(First);
        _clock.Advance(TimeSpan.FromSeconds(10));
        (await ConnectAsync(connector)).Should().Be(First);
        connector.IsCurrent(First).Should().BeTrue();

        _asked.Should().Be(3);
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        listener.Listen();
        return listener;
    }

    private static async Task<IPAddress> ConnectAsync(Connector connector)
    {
        using var connection = await connector.ConnectAsync(CancellationToken.None).InTime();
        return connection.Address;
    }

    private Connector Connector()
    {
        var port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        var file = SiteFile.Of("www.*", $"http://backend.internal:{port}").ToString();
        var backend = Site.Read(
                new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(file))).Build(),
                new ValidationErrors()
            )
            .Settings.Backends.Single();
        return new Connector(backend.Addresses.All[0], backend, LookUpAsync, _clock);
    }

    private Task<IPAddress[]> LookUpAsync(string name, CancellationToken cancellationToken)
    {
        name.Should().Be("backend.internal");
        _asked++;
        return _response();
    }
}
