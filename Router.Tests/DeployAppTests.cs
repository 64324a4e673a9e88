using Router.Modes;

namespace Router.Tests;

/// <summary><c>make deploy-app</c>, played against a stand-in for the platform with real Routers as its applications.</summary>
public sealed class DeployAppTests : IClassFixture<DeployedSite>, IDisposable
{
    private readonly DeployedSite _site;
    private readonly StandInPlatform _platform;

    public DeployAppTests(DeployedSite site)
    {
        (_site, _platform) = (site, site.Platform);
        _platform.Asked.Clear();
    }

    public void Dispose() => (_platform.Fails, _platform.Changes) = ([], null);

    [ProgramFact("jq", "jq")]
    public async Task A_release_replaces_another_under_load_and_no_request_is_lost()
    {
        await using var site = new DeployedSite();
        await site.InitializeAsync(startsProcesses: true);
        var platform = site.Platform;
        (await site.TagAsync()).Should().Be("release-17 in mode live\n");
        var routes = platform.Routes;
        using var enough = new CancellationTokenSource();
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => LoadAsync(site, enough.Token)));

        var (code, output, errors) = await site.DeployAsync("release-18");
        await enough.CancelAsync();
        var responses = (await load).SelectMany(response => response).ToArray();

        code.Should().Be(0, errors);
        output.Should().EndWith("== preview runs release-18\n");
        (await site.TagAsync()).Should().Be("release-18 in mode live\n");
        responses
            .Should()
            .HaveCountGreaterThan(50)
            .And.OnlyContain(response =>
                response.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal)
                && response.EndsWith("from the application", StringComparison.Ordinal)
            );
        platform.Applications.Should().Equal("router");
        platform.Routes.Should().Equal(routes);
        platform.ExitCodes.Should().Equal(0);
        platform.Asked.Should().ContainInOrder("delete router -f", "rename router-release-18 router");
    }

    [ProgramFact("jq", "jq")]
    public async Task A_request_in_flight_on_the_old_version_is_waited_for()
    {
        await using var slow = RawBackend.Start();
        await using var site = new DeployedSite();
        await site.InitializeAsync(
            startsProcesses: false,
            values => values.Replace($"api_url: {site.Backend}", $"api_url: {slow.Address}", StringComparison.Ordinal)
        );
        var reading = site.AskAsync("api.preview.example.org");
        using var connection = await slow.AcceptAsync();
        await connection.ReadHeadAsync();

        var deploying = site.DeployAsync("release-18", ("TIMEOUT", "60"));
        await Eventually.Async(() =>
            site.Platform.Asked.Any(line =>
                line.StartsWith("unmap-route router ", StringComparison.Ordinal)
                && line.Contains("router-preview", StringComparison.Ordinal)
            )
        );
        site.Platform.Asked.Should().NotContain("delete router -f");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");

        (await reading).Should().EndWith("late");
        (await deploying).Code.Should().Be(0);
    }

    [ProgramTheory("jq", "jq")]
    [InlineData("push", "was not pushed, or is not healthy")]
    [InlineData(
        "map-route router-release-18 apps.example.org --hostname router-release-18",
        "does not say by itself that it is release-18"
    )]
    [InlineData(
        "map-route router-release-18 preview.example.org --hostname api",
        "api.preview.example.org was not mapped to router-release-18"
    )]
    [InlineData("map-route router apps.example.org --hostname router-draining", "was not mapped to router")]
    [InlineData("unmap-route router preview.example.org --hostname api", "api.preview.example.org was not taken from router")]
    public async Task A_step_that_fails_leaves_the_old_version_serving_and_nothing_else_behind(string step, string why)
    {
        var routes = _platform.Routes;
        _platform.Fails = [step];

        var (code, _, errors) = await _site.DeployAsync("release-18");

        code.Should().Be(1);
        errors
            .Should()
            .Contain($"FAILED: ")
            .And.Contain(why)
            .And.EndWith("The old version still serves. The error is above. Fix it and run this again.\n");
        _platform.Applications.Should().Equal("router");
        _platform.Routes.Should().Equal(routes);
        (await _site.TagAsync()).Should().Be("release-17 in mode live\n");
        (await _site.AskAsync("www.preview.example.org")).Should().EndWith("from the application");
    }

    [ProgramFact("jq", "jq")]
    public async Task A_route_that_the_old_version_cannot_get_back_stays_with_the_new_one()
    {
        await using var site = new DeployedSite();
        await site.InitializeAsync();
        site.Platform.Fails =
        [
            "unmap-route router preview.example.org --hostname api",
            "map-route router preview.example.org --hostname www",
        ];

        var (code, _, errors) = await site.DeployAsync("release-18");

        code.Should().Be(1);
        errors
            .Should()
            .Contain("router-release-18 still serves www.preview.example.org, and router the other routes.")
            .And.EndWith("  cf map-route router preview.example.org --hostname www\n  cf delete router-release-18 -f\n");
        (await site.AskAsync("www.preview.example.org")).Should().EndWith("from the application");
        (await site.AskAsync("api.preview.example.org")).Should().EndWith("from the application");
        site.Platform.Routes.Where(route => route.EndsWith(" router-release-18", StringComparison.Ordinal))
            .Should()
            .Equal("www.preview.example.org router-release-18");
    }

    [ProgramTheory("jq", "jq")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task A_deployment_that_is_ended_by_a_signal_is_rolled_back(string signal)
    {
        var routes = _platform.Routes;
        _platform.Signal = (signal, "map-route router-release-18 preview.example.org --hostname api");

        var (code, _, errors) = await _site.DeployAsync("release-18");

        code.Should().Be(1);
        errors.Should().EndWith("The old version still serves. The error is above. Fix it and run this again.\n");
        _platform.Applications.Should().Equal("router");
        _platform.Routes.Should().Equal(routes);
    }

    [ProgramTheory("jq", "jq")]
    [InlineData("app router --guid")]
    [InlineData("app router-release-18 --guid")]
    public async Task Nothing_is_done_where_the_platform_does_not_say_what_runs(string call)
    {
        _platform.Fails = [call];

        var (code, _, errors) = await _site.DeployAsync("release-18");

        code.Should().Be(1, errors);
        errors.Should().Contain($"FAILED {call}").And.EndWith("Nothing was done.\n");
        _platform.Asked.Should().OnlyContain(line => line.StartsWith("app ", StringComparison.Ordinal));
    }

    [ProgramFact("jq", "jq")]
    public async Task A_version_that_an_earlier_run_left_behind_is_not_replaced()
    {
        await using var site = new DeployedSite();
        await site.InitializeAsync();
        // The end of the first run: the new version serves, and cannot get its name.
        site.Platform.Fails = ["rename "];
        (await site.DeployAsync("release-18")).Errors.Should().Contain("cf rename router-release-18 router");
        site.Platform.Fails = [];
        site.Platform.Asked.Clear();

        var (code, _, errors) = await site.DeployAsync("release-18");

        (code, errors.Contains("there is router-release-18 already", StringComparison.Ordinal)).Should().Be((2, true), errors);
        site.Platform.Asked.Should().OnlyContain(line => line.StartsWith("app ", StringComparison.Ordinal));
        (await site.AskAsync("www.preview.example.org")).Should().EndWith("from the application");
    }

    [ProgramFact("jq", "jq")]
    public async Task A_new_version_that_is_not_what_was_intended_gets_no_visitors()
    {
        _platform.Changes = environment => environment["DM_MODE"] = "maintenance";

        var (code, _, errors) = await _site.DeployAsync("release-18", ("TIMEOUT", "1"));

        (code, errors.Contains("does not say by itself that it is release-18 in mode live", StringComparison.Ordinal))
            .Should()
            .Be((1, true), errors);
        _platform
            .Asked.Should()
            .NotContain(line => line.StartsWith("map-route router-release-18 preview.example.org", StringComparison.Ordinal));
        (await _site.AskAsync("www.preview.example.org")).Should().EndWith("from the application");
    }

    [ProgramFact("jq", "jq")]
    public async Task What_is_missing_is_reported_before_anything_is_done()
    {
        var noStage = await _platform.RunAsync("deploy-app", [], ("STAGE", "prod"), ("RELEASE_NAME", "release-18"));
        var noRelease = await _platform.RunAsync("deploy-app", [], ("STAGE", "preview"), ("RELEASE_NAME", ""));
        var noApplication = await _platform.RunAsync(
            "deploy-app",
            [],
            ("STAGE", "preview"),
            ("RELEASE_NAME", "release-18"),
            ("APP_DIRECTORY", _site.Vars)
        );

        noStage.Should().Be((2, "", $"there is no stage 'prod' in {Script.Deploy("vars")}. Stages: preview production staging\n"));
        noRelease.Should().Be((2, "", "RELEASE_NAME is ''. Give a tag, such as release-18\n"));
        noApplication.Should().Be((2, "", $"there is no router in {_site.Vars}. Create it with: deploy/image/build release-18\n"));
        _platform.Asked.Should().BeEmpty();
    }

    [ProgramFact("jq", "jq")]
    public async Task A_stage_is_polled_until_it_is_in_the_mode_or_the_timeout_expires()
    {
        var good = await _platform.RunAsync("check-status", ["preview", "live", "release-17"], _site.Environment);
        var otherMode = await _platform.RunAsync("check-status", ["preview", "maintenance"], [.. _site.Environment, ("TIMEOUT", "0")]);
        var gone = await _platform.RunAsync(
            "check-status",
            ["preview", "live"],
            [.. _site.Environment, ("TIMEOUT", "0"), ("APPLICATION_NAME", "other")]
        );
        var wrong = await _platform.RunAsync("check-status", ["preview", "liev"], _site.Environment);

        good.Should().Be((0, "preview is in mode live, with release-17.\n", ""));
        otherMode
            .Should()
            .Be((1, "", "preview is not in mode maintenance: router-preview.apps.example.org is in mode live, with release-17.\n"));
        gone.Should().Be((1, "", "preview is not in mode live: other-preview.apps.example.org does not respond.\n"));
        (wrong.Code, wrong.Errors).Should().Be((2, $"there is no mode 'liev'. Choose one of {ModeCatalogue.Names}\n"));
    }

    [ProgramFact("jq", "jq")]
    public async Task A_machine_that_StatusAccess_does_not_list_gets_an_error_and_deploys_nothing()
    {
        const string text = "does not show its mode to this machine. Add its address to the allow list that Router:StatusAccess names.\n";
        var routes = _platform.Routes;
        _platform.Changes = environment =>
            (environment["Router__AllowLists__deployers"], environment["Router__StatusAccess"]) = ("192.0.2.1", "deployers");

        var (code, _, errors) = await _site.DeployAsync("release-18", ("TIMEOUT", "0"));

        code.Should().Be(1);
        errors.Should().Contain(text);
        _platform.Routes.Should().Equal(routes);
    }

    [ProgramFact("jq", "jq")]
    public async Task A_stage_that_does_not_list_this_machine_is_not_mistaken_for_one_that_does_not_respond()
    {
        const string text = "does not show its mode to this machine. Add its address to the allow list that Router:StatusAccess names.\n";
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", _site.Backend).AllowList("deployers", "192.0.2.1").Set("StatusAccess", "deployers")
        );
        await File.WriteAllTextAsync(Path.Combine(_site.Vars, ".curlrc"), $"connect-to = \"::{router.Endpoint}\"\n");
        (string, string)[] environment = [.. _site.Environment, ("TIMEOUT", "0"), ("CURL_HOME", _site.Vars)];

        var (code, _, errors) = await _platform.RunAsync("check-status", ["preview", "live"], environment);
        var tag = await _platform.RunAsync("release-tag", ["preview"], environment);

        (code, errors).Should().Be((1, $"preview is not in mode live: router-preview.apps.example.org {text}"));
        tag.Should().Be((1, "", $"router-preview.apps.example.org {text}"));
    }

    private static async Task<List<string>> LoadAsync(DeployedSite site, CancellationToken enough)
    {
        var responses = new List<string>();
        while (!enough.IsCancellationRequested)
        {
            responses.Add(await site.AskAsync(responses.Count % 2 == 0 ? "www.preview.example.org" : "api.preview.example.org"));
            // A hundred a second from each client meet each step; more would only keep the processors from the deployment.
            await Task.Delay(10, CancellationToken.None);
        }

        return responses;
    }
}
