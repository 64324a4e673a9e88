using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Router.Management;

namespace Router.Tests;

/// <summary>Clients that hold connections of the management interface and send nothing that it accepts.</summary>
public sealed class ManagementConnectionTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Idle_connections_do_not_keep_the_operator_out_and_the_oldest_of_them_are_closed()
    {
        await using var router = await StartAsync();
        using var operators = new OperatorClient(router);
        var idle = new List<RawConnection>();
        for (var i = 0; i < 2 * ManagementConnections.MaxUnproven; i++)
            idle.Add(await RawConnection.OpenAsync(AddressOf(router)));

        (await operators.SendAsync("GET", "/mode", null, ("Authorization", $"Bearer {Token}"))).Status.Should().Be(200);

        (await idle[0].ReadToEndAsync()).Text.Should().BeEmpty();
        foreach (var connection in idle)
            connection.Dispose();
    }

    [Fact]
    public async Task A_connection_without_an_accepted_request_is_closed_after_five_seconds_and_an_operators_stays()
    {
        await using var router = await StartAsync();
        using var idle = await RawConnection.OpenAsync(AddressOf(router));
        using var operators = await RawConnection.OpenAsync(AddressOf(router));
        var request = $"GET /mode HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Token}\r\n\r\n";
        await operators.WriteAsync(request);
        (await operators.ReadMessageAsync())!.Status.Should().Be(200);
        await idle.WriteAsync("GET /mode HTTP/1.1\r\n");

        var ended = idle.ReadToEndAsync();
        // The server may not have seen the connection yet.
        await Eventually.Async(() =>
        {
            _clock.Advance(ManagementConnections.AcceptTimeout);
            return ended.IsCompleted;
        });

        (await ended).Text.Should().BeEmpty();
        await operators.WriteAsync(request);
        (await operators.ReadMessageAsync())!.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_refused_request_ends_its_connection()
    {
        await using var router = await StartAsync();
        using var client = await RawConnection.OpenAsync(AddressOf(router));

        await client.WriteAsync("GET /mode HTTP/1.1\r\nHost: a\r\n\r\n");

        var (text, ending) = await client.ReadToEndAsync();
        text.Should().StartWith("HTTP/1.1 401 ").And.Contain("Connection: close");
        ending.Should().Be(Ending.Finished);
    }

    private static IPEndPoint AddressOf(RunningRouter router) =>
        IPEndPoint.Parse(new Uri(router.App.Services.GetRequiredService<ManagementServer>().Url!).Authority);

    private Task<RunningRouter> StartAsync() =>
        RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Set("Management:Token", Token),
            _clock
        );
}
