using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Router.Management;

namespace Router.Tests;

public sealed class ReloadTests
{
    [Fact]
    public async Task A_change_of_the_file_takes_effect_without_a_restart()
    {
        await using var old = WireMockBackend.RespondingText("old");
        await using var fresh = WireMockBackend.RespondingText("new");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", old));
        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("old");

        await router.ReconfigureAsync(SiteFile.Of("www.*", fresh).Host("api.*", "www"));

        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("new");
        (await router.GetAsync("http://api.example.org/")).Body.Should().Be("new");
    }

    [Fact]
    public async Task A_request_that_was_in_flight_at_the_change_ends_where_it_began()
    {
        await using var old = RawBackend.Start();
        await using var fresh = WireMockBackend.RespondingText("new");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", old));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 11\r\n\r\nfirst");
        using var atBackend = await old.AcceptAsync();
        await atBackend.ReadThroughAsync("first");

        await router.ReconfigureAsync(SiteFile.Of("www.*", fresh));
        await client.WriteAsync("second");
        await atBackend.ReadThroughAsync("second");
        await atBackend.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfrom ");
        await client.ReadThroughAsync("from ");
        await atBackend.WriteAsync("before");

        await client.ReadThroughAsync("before");
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        (await client.ReadMessageAsync())!.Body.Should().Be("new");
    }

    [Fact]
    public async Task A_backend_that_stays_the_same_keeps_its_connections()
    {
        await using var backend = RawBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        await router.GetAsync("http://www.example.org/");

        await router.ReconfigureAsync(SiteFile.Of("www.*", backend).Host("api.*", "www"));
        (await router.GetAsync("http://api.example.org/")).Body.Should().Be("hello");

        backend.Connections.Should().Be(1);
    }

    [Theory]
    [InlineData("""{ "Router": { "Mode": "open" } }""", "Router:Mode")]
    [InlineData("""{ "Router": { "Hosts": {} } }""", "Router:Hosts")]
    [InlineData("""{ "Router": """, "can't be read")]
    [InlineData("", "can't be read")]
    public async Task An_invalid_change_keeps_the_running_table_and_says_why(string text, string why)
    {
        await using var backend = WireMockBackend.RespondingText("still here");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var before = router.Site;

        var said = await router.MisconfigureAsync(text);

        said.Should().StartWith("Error").And.Contain(why).And.Contain("remains in force");
        router.Site.Should().BeSameAs(before);
        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("still here");
    }

    [Fact]
    public async Task An_invalid_change_lists_all_its_errors()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"));

        var said = await router.MisconfigureAsync(SiteFile.Of("www", "www.internal").Mode("open").Set("Colour", "blue").ToString());

        said.Should().Contain("Router:Mode").And.Contain("Router:Backends:www:Address").And.Contain("Router:Colour");
    }

    [Fact]
    public async Task A_change_that_a_variable_contradicts_names_the_variable()
    {
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", "http://www.invalid").Frontend("pages").Host("pages.*", "pages"),
            environment: ("Router__Hosts__www.*__Backend", "pages")
        );

        var said = await router.MisconfigureAsync(SiteFile.Of("www.*", "http://www.invalid").ToString());

        said.Should().Contain("Router:Hosts:www.*:Backend (Router__Hosts__www.*__Backend)");
    }

    [Fact]
    public async Task A_change_that_fixes_the_file_is_applied()
    {
        await using var backend = WireMockBackend.RespondingText("mended");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"));
        await router.MisconfigureAsync("{ \"Router\": ");

        await router.ReconfigureAsync(SiteFile.Of("www.*", backend));

        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("mended");
    }

    [Fact]
    public async Task A_file_that_is_still_being_written_is_waited_for()
    {
        var clock = new ManualClock();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"), clock);
        var text = SiteFile.Of("www.*", "http://www.invalid").Set("Release", "written").ToString();

        await File.WriteAllTextAsync(router.File, text[..20]);
        // Seen half-way, for less time than a file must rest.
        for (var i = 0; i < 4; i++)
            clock.Advance(TimeSpan.FromMilliseconds(100));
        await File.WriteAllTextAsync(router.File, text);
        var said = router.Log.NextAsync("configuration");
        await Eventually.Async(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            return said.IsCompleted;
        });

        (await said).Should().Contain("a file changed): Router:Release changed. Routes: 1");
        router.Site.Settings.Release.Should().Be("written");
    }

    [Fact]
    public async Task The_command_reloads_at_once_and_says_what_changed_or_what_is_wrong()
    {
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://www.invalid")),
            new ManualClock()
        );
        var url = router.App.Services.GetRequiredService<ManagementServer>().Url!;

        router.Replace(
            OperatorClient
                .With(SiteFile.Of("www.*", "http://other.invalid").Host("api.*", "www").Set("Limits:MaxHeaderCount", "50"))
                .ToString()
        );
        var (code, output, errors) = await Tool.RunAsync(url, "reload");

        (code, errors).Should().Be((0, ""));
        output
            .Should()
            .Be(
                "Reloaded: Router:Backends:www:Address, Router:Hosts:api.*:Backend, Router:Hosts:api.*:Match, "
                    + "Router:Limits:MaxHeaderCount changed "
                    + "(Router:Limits:MaxHeaderCount only at the next start). Routes: 2.\n"
            );
        (await router.Log.NextAsync("The configuration was reloaded")).Should().Contain("Router:Backends:www:Address");
        (await Tool.RunAsync(url, "reload")).Output.Should().Be("Reloaded: nothing changed. Routes: 2.\n");

        router.Replace(SiteFile.Of("www", "www.internal").Set("Colour", "blue").ToString());
        (code, _, errors) = await Tool.RunAsync(url, "reload");
        code.Should().Be(2);
        errors
            .Split('\n')
            .Should()
            .StartWith("Not reloaded. The running configuration remains in force:")
            .And.Contain(line => line.StartsWith("  Router:Backends:www:Address: ", StringComparison.Ordinal))
            .And.Contain(line => line.StartsWith("  Router:Colour: ", StringComparison.Ordinal));
        router.Site.Table.Routes.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_valid_part_is_not_applied_beside_an_invalid_one()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"));
        var broken = JsonNode.Parse(SiteFile.Of("www.*", "http://www.invalid").Mode("open").ToString())!;
        broken["Logging"] = new JsonObject { ["LogLevel"] = new JsonObject { ["Default"] = "None" } };

        await router.MisconfigureAsync(broken.ToJsonString());

        router.App.Configuration["Logging:LogLevel:Default"].Should().BeNull();
        router.App.Configuration["Router:Mode"].Should().BeNull();
    }

    [Fact]
    public async Task An_unknown_log_level_is_an_error_before_anything_is_in_force()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://www.invalid")));
        var broken = JsonNode.Parse(OperatorClient.With(SiteFile.Of("shop.*", "http://www.invalid")).ToString())!;
        broken["Logging"] = new JsonObject { ["LogLevel"] = new JsonObject { ["Default"] = "Inform" } };
        router.Replace(broken.ToJsonString());

        var (code, _, errors) = await Tool.RunAsync(router.ManagementUrl, "reload");

        code.Should().Be(2);
        errors
            .Should()
            .Contain("Logging:LogLevel:Default: is 'Inform'. Choose one of Trace, Debug, Information, Warning, Error, Critical, None.");
        router.Site.Table.Routes.Single().HostText.Should().Be("www.*");
    }

    [Fact]
    public async Task On_SIGHUP_it_reloads_and_other_signals_do_not_harm_it()
    {
        await using var router = await RouterProcess.StartAsync(SiteFile.Of("www.*", "http://www.invalid"));
        var site = JsonNode.Parse(await File.ReadAllTextAsync(router.File))!;
        site["Router"]!["Release"] = "release-18";
        // In the same instant, so that the watch of the file can't be first.
        await File.WriteAllTextAsync(router.File + ".new", site.ToJsonString());
        foreach (var signal in new[] { "USR1", "USR2" })
            await router.SignalAsync(signal);
        File.Move(router.File + ".new", router.File, overwrite: true);
        await router.SignalAsync("HUP");

        (await router.LineAsync("The configuration was reloaded (SIGHUP)")).Should().Contain("Router:Release changed");
        await router.SignalAsync("TERM");
        (await router.ExitAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Requests_in_flight_at_a_SIGHUP_all_get_their_responses()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RouterProcess.StartAsync(SiteFile.Of("www.*", backend));

        await InFlightAsync(
            router,
            backend,
            async () =>
            {
                var site = JsonNode.Parse(await File.ReadAllTextAsync(router.File))!;
                site["Router"]!["Backends"]!["www"]!["Address"] = "http://www.invalid";
                await File.WriteAllTextAsync(router.File + ".new", site.ToJsonString());
                File.Move(router.File + ".new", router.File, overwrite: true);
                await router.SignalAsync("HUP");
                await router.LineAsync("The configuration was reloaded (SIGHUP)");
            }
        );
        await router.SignalAsync("TERM");
        (await router.ExitAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Requests_in_flight_at_a_router_reload_all_get_their_responses()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", backend)));

        await InFlightAsync(
            router,
            backend,
            async () =>
            {
                router.Replace(OperatorClient.With(SiteFile.Of("www.*", "http://www.invalid")).ToString());
                (await Tool.RunAsync(router.ManagementUrl, "reload")).Code.Should().Be(0);
                await router.Log.NextAsync("The configuration was reloaded (");
            }
        );
    }

    [Fact]
    public async Task No_request_fails_when_the_configuration_changes_under_load()
    {
        await using var one = WireMockBackend.RespondingText("one");
        await using var two = WireMockBackend.RespondingText("two");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", one));
        using var enough = new CancellationTokenSource();
        var visitors = Enumerable.Range(0, 4).Select(_ => VisitAsync()).ToArray();

        for (var i = 0; i < 3; i++)
            await router.ReconfigureAsync(SiteFile.Of("www.*", i % 2 == 0 ? two : one));
        await enough.CancelAsync();

        var responses = (await Task.WhenAll(visitors).InTime()).SelectMany(seen => seen).ToHashSet();
        responses.Should().BeSubsetOf(["one", "two"]).And.HaveCount(2);

        async Task<HashSet<string>> VisitAsync()
        {
            var seen = new HashSet<string>();
            while (!enough.IsCancellationRequested)
            {
                var reply = await router.GetAsync("http://www.example.org/");
                seen.Add(reply.Status == 200 ? reply.Body : $"{reply.Status}");
                // Two hundred requests a second and visitor meet each change; more would only keep the processors from it.
                await Task.Delay(5);
            }

            return seen;
        }
    }

    // The new configuration has another backend instead of the one that has the requests.
    private static async Task InFlightAsync(IInstance router, RawBackend backend, Func<Task> reload)
    {
        const int requests = 40;
        var clients = await Task.WhenAll(Enumerable.Range(0, requests).Select(_ => RawConnection.OpenAsync(router.Endpoint)));
        var inFlight = new List<(RawConnection Connection, string Path)>();
        for (var i = 0; i < requests; i++)
        {
            await clients[i].WriteAsync($"GET /{i} HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
            var connection = await backend.AcceptAsync();
            inFlight.Add((connection, (await connection.ReadMessageAsync())!.Target));
        }

        await reload();

        foreach (var (connection, path) in inFlight)
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {path.Length}\r\n\r\n{path}");
        for (var i = 0; i < requests; i++)
            (await clients[i].ReadMessageAsync())!.Body.Should().Be($"/{i}");
        Array.ForEach(clients, client => client.Dispose());
    }
}
