using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Router.Modes;

namespace Router.Tests;

/// <summary>The pipeline's steps: a real repository gets the branch, a local server stands in for the forge and the chat.</summary>
public sealed class ProposeModeTests(SiteRepository repository) : IClassFixture<SiteRepository>, IAsyncLifetime
{
    private const string Secret = "a token that nobody may read";

    private readonly string _directory = Directory.CreateTempSubdirectory("router-forge-").FullName;
    private readonly ConcurrentQueue<(string Call, string Authorization, JsonNode? Body)> _asked = [];
    private readonly ConcurrentDictionary<string, (int Status, string Body)> _responses = new();
    private WebApplication _forge = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        _forge = builder.Build();
        _forge.Run(RespondAsync);
        await _forge.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _forge.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [ProgramFact("jq", "jq")]
    public async Task A_change_is_one_line_on_a_branch_of_its_own_and_a_pull_request_whose_link_is_printed()
    {
        _responses["POST /repos/example/site/pulls"] = (
            201,
            """{"number": 7, "html_url": "https://forge.example.org/example/site/pull/7"}"""
        );

        var result = await RunAsync("propose-mode", "staging", "maintenance");

        result.Should().Be((0, "7 https://forge.example.org/example/site/pull/7\n", ""));
        var (call, authorization, body) = _asked.Should().ContainSingle().Subject;
        (call, authorization).Should().Be(("POST /repos/example/site/pulls", "Bearer " + Secret));
        (body!["head"]!.ToString(), body["base"]!.ToString(), body["title"]!.ToString())
            .Should()
            .Be(("mode-staging-maintenance", "main", "staging: maintenance_mode is maintenance"));
        (await SiteRepository.GitAsync(repository.Server, "diff", "--unified=0", "main", "mode-staging-maintenance"))
            .Split('\n')
            .Where(line => line.StartsWith('+') || line.StartsWith('-'))
            .Should()
            .Equal(
                "--- a/deploy/vars/staging.yml",
                "+++ b/deploy/vars/staging.yml",
                "-maintenance_mode: live",
                "+maintenance_mode: maintenance"
            );
        (await File.ReadAllTextAsync(Path.Combine(repository.Clone, "deploy/vars/preview.yml")))
            .Should()
            .Be("half an edit", "it is somebody's");
        (await SiteRepository.GitAsync(repository.Clone, "worktree", "list"))
            .Trim()
            .Split('\n')
            .Should()
            .ContainSingle("nothing is left behind");
    }

    [ProgramFact("jq", "jq")]
    public async Task Without_a_needed_change_the_forge_is_not_contacted()
    {
        var branches = await SiteRepository.GitAsync(repository.Server, "branch", "--list");

        var result = await RunAsync("propose-mode", "staging", "live");

        result.Should().Be((0, "", "Nothing to change: staging already has maintenance_mode: live.\n"));
        _asked.Should().BeEmpty();
        (await SiteRepository.GitAsync(repository.Server, "branch", "--list")).Should().Be(branches);
    }

    [ProgramFact("jq", "jq")]
    public async Task A_pull_request_that_is_open_already_is_found()
    {
        _responses["POST /repos/example/site/pulls"] = (422, """{"message": "Validation Failed"}""");
        _responses["GET /repos/example/site/pulls?state=open&base=main&head=example:mode-staging-recovery"] = (
            200,
            """[{"number": 3, "html_url": "https://forge.example.org/example/site/pull/3"}]"""
        );

        (await RunAsync("propose-mode", "staging", "recovery")).Output.Should().Be("3 https://forge.example.org/example/site/pull/3\n");
        (await RunAsync("propose-mode", "staging", "recovery")).Code.Should().Be(0, "the branch is there from the first time");
    }

    [ProgramFact("jq", "jq")]
    public async Task An_error_of_the_forge_is_shown_unchanged()
    {
        _responses["POST /repos/example/site/pulls"] = (403, """{"message": "Resource not accessible by this token"}""");
        _responses["GET /repos/example/site/pulls?state=open&base=main&head=example:mode-staging-recovery"] = (200, "[]");
        _responses["GET /repos/example/site/pulls/7"] = (200, """{"merged": false}""");
        _responses["PUT /repos/example/site/pulls/7/merge"] = (405, """{"message": "Pull Request is not mergeable"}""");

        var proposed = await RunAsync("propose-mode", "staging", "recovery");
        var merged = await RunAsync("merge-proposal", "7");

        proposed.Code.Should().Be(1);
        proposed
            .Errors.Should()
            .EndWith("The forge created no pull request for mode-staging-recovery: Resource not accessible by this token\n");
        merged.Code.Should().Be(1);
        merged.Errors.Should().EndWith("The forge did not merge 7: Pull Request is not mergeable\n");
        (proposed.Errors + merged.Errors).Should().NotContain(Secret);
    }

    [ProgramFact("jq", "jq")]
    public async Task A_redirect_of_the_forge_is_a_failure_since_nothing_was_done()
    {
        var moved = (307, """{"message": "Temporary Redirect", "url": "https://forge.example.org/repositories/1"}""");
        _responses["POST /repos/example/site/pulls"] = moved;
        _responses["GET /repos/example/site/pulls?state=open&base=main&head=example:mode-staging-recovery"] = moved;
        _responses["GET /repos/example/site/pulls/7"] = moved;
        _responses["PUT /repos/example/site/pulls/7/merge"] = moved;

        var proposed = await RunAsync("propose-mode", "staging", "recovery");
        var merged = await RunAsync("merge-proposal", "7");

        (proposed.Code, proposed.Output).Should().Be((1, ""));
        proposed.Errors.Should().EndWith("The forge created no pull request for mode-staging-recovery: Temporary Redirect\n");
        (merged.Code, merged.Output).Should().Be((1, ""));
        merged.Errors.Should().EndWith("The forge did not merge 7: Temporary Redirect\n");
    }

    [ProgramFact("jq", "jq")]
    public async Task An_approved_proposal_is_merged_once()
    {
        _responses["GET /repos/example/site/pulls/7"] = (200, """{"merged": false}""");
        _responses["PUT /repos/example/site/pulls/7/merge"] = (200, """{"sha": "abc", "merged": true}""");
        (await RunAsync("merge-proposal", "7")).Should().Be((0, "7 is merged as abc.\n", ""));

        _responses["GET /repos/example/site/pulls/7"] = (200, """{"merged": true}""");
        (await RunAsync("merge-proposal", "7")).Should().Be((0, "7 is already merged.\n", ""));
        _asked.Count(asked => asked.Call.StartsWith("PUT", StringComparison.Ordinal)).Should().Be(1);
    }

    public static TheoryData<string, string, string, string, string> WrongUsage =>
        new()
        {
            // script, token, arguments, what is wrong
            { "propose-mode", "", "staging", "live", "FORGE_TOKEN is not set. Give a token that may write to the repository" },
            { "propose-mode", Secret, "staging", "", $"there is no mode ''. Choose one of {ModeCatalogue.Names}" },
            { "propose-mode", Secret, "prod", "live", "there is no stage 'prod'" },
            { "merge-proposal", Secret, "x", "", "usage: deploy/merge-proposal NUMBER" },
        };

    [ProgramTheory("jq", "jq")]
    [MemberData(nameof(WrongUsage))]
    public async Task Wrong_usage_is_reported_and_changes_nothing(string script, string token, string first, string second, string why)
    {
        var (code, _, errors) = await Script.RunAsync(
            Path.Combine(repository.Clone, "deploy", script),
            script == "merge-proposal" ? [first] : [first, second],
            [.. Environment(), ("FORGE_TOKEN", token)]
        );

        code.Should().Be(2);
        errors.Should().Contain(why);
        _asked.Should().BeEmpty();
    }

    [ProgramFact("jq", "jq")]
    public async Task An_announcement_reaches_the_chat_whatever_is_in_it()
    {
        _responses["POST /hooks/secret"] = (200, "ok");

        var said = await RunAsync("announce", "production: \"SAFE\" \\ since 22:00");
        var nowhere = await Script.RunAsync(Path.Combine(repository.Clone, "deploy/announce"), ["hello"], ("CHAT_WEBHOOK", ""));
        _responses["POST /hooks/secret"] = (500, "no");
        var refused = await RunAsync("announce", "hello");

        (said.Code, said.Errors).Should().Be((0, ""));
        _asked.First().Body!["text"]!.ToString().Should().Be("production: \"SAFE\" \\ since 22:00");
        nowhere.Should().Be((0, "", "Not announced, because CHAT_WEBHOOK is not set: hello\n"));
        refused.Code.Should().NotBe(0);
        refused.Errors.Should().NotContain("hooks/secret");
    }

    [Fact]
    public async Task The_fast_path_switches_a_running_Router_and_keeps_verdict_and_history()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        var results = Path.Combine(_directory, "results");
        await using var tool = await ToolProgram.StartAsync();

        var closed = await SwitchAsync("maintenance", "--reason", "restore db", "--expect", "1");
        (await File.ReadAllTextAsync(Path.Combine(results, "verdict.txt"))).Should().EndWith("SAFE\n");
        JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(results, "fleet.json")))!.ToJsonString().Should().Contain("\"safe\":true");
        (await File.ReadAllTextAsync(Path.Combine(results, "history.json"))).Should().Contain("restore db");
        var open = await SwitchAsync("live", "--expect", "1");
        var window = await SwitchAsync("maintenance", "--expect", "1", "--reopen", "recovery", "--", "sh", "-c", "echo $ROUTER_WINDOW");
        (await File.ReadAllTextAsync(Path.Combine(results, "window.html"))).Should().Contain("<h1>Downtime</h1>");
        (await File.ReadAllTextAsync(Path.Combine(results, "verdict.txt")))
            .Should()
            .MatchRegex("The window is over: CLOSED TO VISITORS .*\n$");
        var tooLate = await SwitchAsync("recovery", "--if-version", "999");
        var refused = await File.ReadAllTextAsync(Path.Combine(results, "verdict.txt"));

        closed.Code.Should().Be(0, closed.Errors);
        open.Code.Should().Be(0, open.Output + open.Errors);
        window.Code.Should().Be(0, window.Output + window.Errors);
        tooLate.Code.Should().Be(1);
        refused.Should().StartWith("The mode has changed in the meantime.");

        Task<(int Code, string Output, string Errors)> SwitchAsync(params string[] arguments) =>
            Script.RunAsync(
                Script.Deploy("switch-mode"),
                arguments,
                ("ROUTER", tool.File),
                ("ROUTER_URL", router.ManagementUrl),
                ("RESULTS", results)
            );
    }

    [ProgramFact("jq", "jq")]
    public async Task The_pipelines_announce_an_end_for_a_mode_that_keeps_requests_from_a_backend_and_not_for_live()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        var results = Path.Combine(_directory, "results");
        await using var tool = await ToolProgram.StartAsync();

        foreach (var mode in new[] { ModeCatalogue.Closed, ModeCatalogue.All[0] })
        {
            var (code, output, errors) = await JobAsync(mode.Name);
            var step = router.Modes().State.Step;
            // Exit code 1 is a site that is not SAFE, such as one that programs still reach.
            code.Should().BeLessThan(2, output + errors);
            (step.Mode, step.Until is not null, step.Reason is not null)
                .Should()
                .Be((mode, mode.RestrictsAnything, mode.RestrictsAnything));
        }

        var window = await JobAsync(ModeCatalogue.Closed.Name, ("COMMAND", "echo $ROUTER_WINDOW"), ("REOPEN", "no"));
        window.Code.Should().Be(0, window.Output + window.Errors);
        router.Modes().Current.Should().Be(ModeCatalogue.Closed);
        (await JobAsync("closed")).Code.Should().Be(2);
        (await File.ReadAllTextAsync(Path.Combine(results, "verdict.txt"))).Should().Contain(ModeCatalogue.Names);
        (await JobAsync("", ("RESUME", "continue"))).Code.Should().NotBe(0, "no window is open");

        Task<(int Code, string Output, string Errors)> JobAsync(string mode, params (string, string)[] more) =>
            Script.RunAsync(
                Script.Deploy("switch-mode-job"),
                [],
                [
                    ("ROUTER", tool.File),
                    ("ROUTER_URL", router.ManagementUrl),
                    ("RESULTS", results),
                    ("MODE", mode),
                    ("REASON", "restore db"),
                    ("UNTIL", "+90m"),
                    ("EXPECT", "1"),
                    ("BY", "job-7"),
                    .. more,
                ]
            );
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(string script, params string[] arguments) =>
        Script.RunAsync(Path.Combine(repository.Clone, "deploy", script), arguments, Environment());

    private (string, string)[] Environment() =>
        [
            ("FORGE_TOKEN", Secret),
            ("FORGE_API", _forge.Urls.First()),
            ("FORGE_REPOSITORY", "example/site"),
            ("CHAT_WEBHOOK", _forge.Urls.First() + "/hooks/secret"),
            .. SiteRepository.Identity,
        ];

    private async Task RespondAsync(HttpContext context)
    {
        var call = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        _asked.Enqueue((call, context.Request.Headers.Authorization.ToString(), body is "" ? null : JsonNode.Parse(body)));
        var (status, response) = _responses.TryGetValue(call, out var known) ? known : (404, """{"message": "Not Found"}""");
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(response);
    }
}
