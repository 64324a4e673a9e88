namespace Router.Tests;

/// <summary>A process whose descriptors are all in use.</summary>
public sealed class DescriptorExhaustionTests
{
    [ProgramFact("prlimit", "util-linux")]
    public async Task Without_a_free_descriptor_connected_clients_are_served_and_new_ones_are_accepted_once_there_is_one()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RouterProcess.StartAsync(SiteFile.Of("*", backend.Address));
        using var connected = await RawConnection.OpenAsync(router.Endpoint);
        // Everything that a request and a look at the configuration need is loaded then: a just-in-time compiled process opens its
        // libraries when it first uses them, and ends where it cannot.
        for (var i = 0; i < 5; i++)
            await AskAsync(connected);
        using (var other = await RawConnection.OpenAsync(router.Endpoint))
            await AskAsync(other);
        await router.SignalAsync("HUP");
        await router.LineAsync("The configuration was reloaded (SIGHUP)");

        // Fewer than are open: each accept fails, and at once, since the next connection waits in the backlog.
        await router.LimitOpenFilesAsync(8);
        using var waiting = await RawConnection.OpenAsync(router.Endpoint);
        await waiting.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (await router.LineAsync("could not be accepted")).Should().Contain("LimitNOFILE");
        for (var i = 0; i < 5; i++)
            await AskAsync(connected);

        await router.LimitOpenFilesAsync(1_000);
        (await waiting.ReadMessageAsync())!.Status.Should().Be(200);
    }

    [ProgramFact("prlimit", "util-linux")]
    public async Task A_reload_without_a_free_descriptor_names_the_limit_and_not_the_permission()
    {
        await using var router = await RouterProcess.StartAsync(SiteFile.Of("*", "http://www.invalid"));
        await router.SignalAsync("HUP");
        await router.LineAsync("The configuration was reloaded (SIGHUP)");

        await router.LimitOpenFilesAsync(8);
        await router.SignalAsync("HUP");

        (await router.LineAsync("The new configuration (SIGHUP) is not valid"))
            .Should()
            .Contain($"{router.File}: can't be read: Too many open files. Raise the limit of open files (LimitNOFILE")
            .And.NotContain("permission");
        await router.LimitOpenFilesAsync(1_000);
        await router.SignalAsync("HUP");
        await router.LineAsync("The configuration was reloaded (SIGHUP)");
    }

    private static async Task AskAsync(RawConnection client)
    {
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (await client.ReadMessageAsync())!.Status.Should().Be(200);
    }
}
