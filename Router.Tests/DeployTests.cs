using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s;
using Router.Cli;
using Router.Modes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Router.Tests;

/// <summary>What <c>deploy</c> holds is true of this Router, and of the tools that read it.</summary>
public sealed partial class DeployTests
{
    [ProgramFact("promtool", "prometheus")]
    public async Task The_alert_rules_are_valid_and_fire_when_they_should()
    {
        (await RunAsync("promtool", "check", "rules", Script.Deploy("prometheus/alerts.yml"))).Should().Contain("SUCCESS");
        (await RunAsync("promtool", "test", "rules", Script.Deploy("prometheus/alerts.test.yml"))).Should().Contain("SUCCESS");
    }

    [ProgramFact("systemd-analyze", "systemd")]
    public async Task The_unit_is_valid_and_exposes_little()
    {
        var unit = Path.Combine(Directory.CreateTempSubdirectory("router-unit-").FullName, "router.service");
        // The paths of a host that has it installed are not here.
        await File.WriteAllTextAsync(
            unit,
            (await File.ReadAllTextAsync(Script.Deploy("systemd/router.service")))
                .Replace("/opt/router/router ", "/bin/true ", StringComparison.Ordinal)
                .Replace("=/opt/router", "=/tmp", StringComparison.Ordinal)
        );

        (await RunAsync("systemd-analyze", "verify", unit)).Should().BeEmpty();
        var security = await RunAsync("systemd-analyze", "security", "--offline=true", unit);
        double.Parse(Exposure().Match(security).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
            .Should()
            .BeLessThan(2, "of 10, where 10 is a program that may do everything");
    }

    [PublishedFact("strace", "strace")]
    public async Task Router_serves_although_the_unit_denies_it_system_calls()
    {
        var unit = await File.ReadAllLinesAsync(Script.Deploy("systemd/router.service"));
        unit.Should().Contain("SystemCallErrorNumber=EPERM", "the default is to kill the process");
        var denied = await CallsAsync(
            unit.Single(line => line.StartsWith("SystemCallFilter=~", StringComparison.Ordinal))[18..].Split(' ')
        );
        denied.Should().Contain("sched_setaffinity").And.HaveCountGreaterThan(20);
        // The question mark: a call that this processor does not have is no error.
        var inject = $"inject={string.Join(',', denied.Select(call => $"?{call}"))}:error=EPERM";

        await using var router = await RouterProcess.StartAsync(
            SiteFile.Of("www.*", "http://backend.invalid"),
            ["strace", "-D", "-qq", "-f", "-o", "/dev/null", "-e", inject],
            []
        );

        (await router.StatusAsync()).Should().Contain("\"live\"");
    }

    // A group names calls and other groups, one on each line.
    private static async Task<string[]> CallsAsync(IEnumerable<string> groups)
    {
        var calls = new List<string>();
        foreach (var group in groups)
        {
            var names = (await RunAsync("systemd-analyze", "syscall-filter", group))
                .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(line => line != group && !line.StartsWith('#'))
                .ToLookup(line => line.StartsWith('@'));
            calls.AddRange([.. names[false], .. await CallsAsync(names[true])]);
        }

        return [.. calls.Distinct()];
    }

    [Theory]
    [InlineData("preview", 1, "www.preview.example.org")]
    [InlineData("staging", 2, "www.staging.example.org")]
    [InlineData("production", 6, "www.example.org")]
    public async Task The_manifest_of_each_stage_is_made_of_its_file_and_has_all_that_the_table_needs(
        string stage,
        int instances,
        string host
    )
    {
        var (code, manifest, errors) = await RenderAsync(Script.Deploy("vars"), stage, "release-18");

        (code, errors).Should().Be((0, ""));
        manifest
            .Should()
            .Contain($"  instances: {instances}\n")
            .And.Contain($"  - route: \"{host}\"\n")
            .And.Contain("  memory: 256M\n", "the common file says so")
            .And.Contain("health-check-http-endpoint: /_status?ignore-dependencies\n")
            .And.Contain("    DM_MODE: \"live\"\n")
            .And.Contain("    Router__Release: \"release-18\"\n");
        manifest.Should().NotContain("ModeStore");
        var application = Yaml(manifest)["applications"][0];
        application["env"]["DM_ENVIRONMENT"].ToString().Should().Be(stage);
        application["env"]["Router__Limits__MaxConnections"].ToString().Should().Be("10000");
        ((YamlSequenceNode)application["routes"]).Should().HaveCount(5);
        await CheckAsync(
            stage,
            from Match variable in Regex.Matches(manifest, "^    ([A-Za-z0-9_]+): \"?(.*?)\"?$", RegexOptions.Multiline)
            select (variable.Groups[1].Value, variable.Groups[2].Value)
        );
    }

    [Fact]
    public async Task A_manifest_with_errors_is_not_written_and_every_error_is_named()
    {
        var vars = Directory.CreateTempSubdirectory("router-vars-").FullName;
        File.Copy(Script.Deploy("vars/common.yml"), Path.Combine(vars, "common.yml"));
        await File.WriteAllTextAsync(
            Path.Combine(vars, "preview.yml"),
            (await File.ReadAllTextAsync(Script.Deploy("vars/preview.yml")))
                .Replace("maintenance_mode: live", "maintenance_mode: maintenence", StringComparison.Ordinal)
                .Replace("api_url: https://api.preview.internal\n", "api_ulr: x\nnonsense\n", StringComparison.Ordinal)
        );

        var (code, manifest, errors) = await RenderAsync(vars, "preview", null, ("DM_APP_AUTH", ""));
        var unknown = await RenderAsync(vars, "prod", "release-18");

        (code, manifest).Should().Be((2, ""));
        foreach (
            var violation in new[]
            {
                "maintenance_mode is 'maintenence'. Choose one of live, read-only, hold, recovery, maintenance",
                "api_url is not set",
                "api_ulr is not known",
                "'nonsense' is not of the form key: value",
                "DM_APP_AUTH is not set",
                "there is no release",
            }
        )
            errors.Should().Contain(violation);
        (unknown.Code, unknown.Errors).Should().Be((2, $"there is no stage 'prod' in {vars}. Stages: preview\n"));
        Directory.Delete(vars, recursive: true);
    }

    [Fact]
    public void No_script_no_pipeline_and_no_page_has_a_list_of_modes_of_its_own()
    {
        var modes = ModeCatalogue.All.Select(mode => mode.Name).ToArray();
        var files = new[] { Script.Deploy(""), Path.Combine(Script.Root, ".github"), Path.Combine(Script.Root, "wwwroot") }
            .SelectMany(directory => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/bench/", StringComparison.Ordinal))
            .Where(file => !file.Contains("/languages/", StringComparison.Ordinal) && Path.GetExtension(file) is not ".md");

        var found =
            from file in files
            from line in File.ReadLines(file)
            where modes.Count(mode => Regex.IsMatch(line, $@"\b{mode}\b")) >= 2
            select $"{file}: {line.Trim()}";

        found.Should().BeEmpty("adding a mode is one class");
    }

    [Fact]
    public async Task The_mode_of_a_stage_is_one_line_of_its_file()
    {
        var vars = Directory.CreateTempSubdirectory("router-vars-").FullName;
        var file = Path.Combine(vars, "preview.yml");
        File.Copy(Script.Deploy("vars/preview.yml"), file);
        var before = await File.ReadAllLinesAsync(file);

        var changed = await ScriptAsync("set-mode", vars, "preview", "maintenance");
        var again = await ScriptAsync("set-mode", vars, "preview", "maintenance");
        var wrong = await ScriptAsync("set-mode", vars, "preview", "closed");
        var unknown = await ScriptAsync("set-mode", vars, "../vars/preview", "live");

        (changed.Code, again.Code, wrong.Code, unknown.Code).Should().Be((0, 0, 2, 2));
        changed.Output.Should().Contain("was live, and is now maintenance");
        again.Output.Should().Contain("already");
        wrong.Errors.Should().Contain($"Choose one of {ModeCatalogue.Names}");
        (await File.ReadAllLinesAsync(file)).Except(before).Should().Equal("maintenance_mode: maintenance");
        Directory.Delete(vars, recursive: true);
    }

    [Fact]
    public async Task Secrets_come_from_a_file_or_the_environment_unchanged()
    {
        var secrets = Path.GetTempFileName();
        await File.WriteAllTextAsync(secrets, "DM_APP_AUTH=fromfile\nROUTER_REDIS=redis://:a\"b\\c@redis\n");

        var (_, manifest, _) = await RenderAsync(
            Script.Deploy("vars"),
            "staging",
            "release-18",
            ("SECRETS_FILE", secrets),
            ("DM_APP_AUTH", "")
        );

        manifest
            .Should()
            .Contain("    DM_APP_AUTH: \"fromfile\"\n")
            .And.Contain("    Router__ModeStore__Redis: \"redis://:a\\\"b\\\\c@redis\"\n");
        File.Delete(secrets);
    }

    [ProgramFact("kubectl", null)]
    public async Task The_manifests_of_each_stage_are_complete()
    {
        foreach (var (stage, hasRedis) in new[] { ("preview", false), ("staging", true), ("production", true) })
        {
            var text = await RunAsync("kubectl", "kustomize", Script.Deploy($"kubernetes/overlays/{stage}"));

            var kinds = Regex.Matches(text, "^kind: (.+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value);
            KubernetesYaml
                .LoadAllFromString(text, strict: true)
                .Should()
                .HaveCountGreaterThan(5, "each object has the fields of its kind and no others");
            kinds
                .Should()
                .Contain(["ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget"])
                .And.Subject.Count(kind => kind == "Service")
                .Should()
                .Be(2);
            Regex.Count(text, "namespace: router-" + stage).Should().BeGreaterThan(4);
            text.Should()
                .Contain("registry.example.org/router:release-")
                .And.Contain("readOnlyRootFilesystem: true")
                .And.Contain("runAsNonRoot: true");
            Regex.Count(text, "^ +router-access: operator\n", RegexOptions.Multiline).Should().Be(1);
            text.Should()
                .Contain("podSelector:\n        matchLabels:\n          router-access: operator")
                .And.Contain("podSelector:\n    matchLabels:\n      app.kubernetes.io/name: router");
            text.Contains("Router__ModeStore__Redis", StringComparison.Ordinal).Should().Be(hasRedis);
            text.Contains("mode.json", StringComparison.Ordinal).Should().Be(!hasRedis, "the mode is kept in one place");
            Regex
                .Matches(text, @"^ +path: (/\S+)$", RegexOptions.Multiline)
                .Select(match => match.Groups[1].Value)
                .Should()
                .OnlyContain(path => path == "/_status?ignore-dependencies");
        }
    }

    [Theory]
    [InlineData("deployment.yaml")]
    [InlineData("service.yaml")]
    [InlineData("disruption-budget.yaml")]
    [InlineData("network-policy.yaml")]
    public async Task Each_object_of_the_cluster_has_the_fields_of_its_kind_and_no_others(string file)
    {
        var text = await File.ReadAllTextAsync(Script.Deploy("kubernetes/base/" + file));
        var wrong = () => KubernetesYaml.LoadAllFromString(text.Replace("spec:", "specs:", StringComparison.Ordinal), strict: true);

        KubernetesYaml.LoadAllFromString(text, strict: true).Should().NotBeEmpty();
        wrong.Should().Throw<Exception>("else this checks nothing");
    }

    [Fact]
    public async Task Whatever_the_pipelines_call_is_there_and_can_be_run()
    {
        string[] pipelines =
        [
            .. Directory.GetFiles(Script.Deploy("jenkins")),
            .. Directory.GetFiles(Path.Combine(Script.Root, ".github/workflows")),
        ];
        foreach (var file in pipelines)
        {
            var text = await File.ReadAllTextAsync(file);
            if (file.EndsWith(".yml", StringComparison.Ordinal))
                Yaml(text)["jobs"].Should().NotBeNull();
            var called = Regex.Matches(text, "deploy/([a-z-]+(?:/[a-z-]+)?) ").Select(match => match.Groups[1].Value).Distinct().ToArray();
            called.Should().NotBeEmpty();
            foreach (var script in called)
                (await Script.RunAsync("test", ["-x", Script.Deploy(script)])).Code.Should().Be(0, $"{file} calls deploy/{script}");
        }

        pipelines.Should().HaveCount(4);
    }

    [ProgramFact("promtool", "prometheus")]
    public async Task The_tour_mounts_what_is_there_and_Prometheus_understands_it()
    {
        var services = await TourAsync();
        var mounts = services
            .Values.SelectMany(service => service.Volumes)
            .Select(volume => volume.Split(':')[0])
            .Where(path => path.StartsWith('.'))
            .ToArray();
        var configuration = Directory.CreateTempSubdirectory("router-prometheus-").FullName;
        File.Copy(Script.Deploy("compose/prometheus.yml"), Path.Combine(configuration, "prometheus.yml"));
        File.Copy(Script.Deploy("prometheus/alerts.yml"), Path.Combine(configuration, "alerts.yml"));

        services.Keys.Should().Equal("router-1", "router-2", "redis", "prometheus", "grafana");
        mounts.Should().HaveCount(5).And.OnlyContain(path => File.Exists(Path.Combine(Script.Deploy("compose"), path)));
        (await RunAsync("promtool", "check", "config", Path.Combine(configuration, "prometheus.yml"))).Should().Contain("SUCCESS");
        Directory.Delete(configuration, recursive: true);
    }

    [Fact]
    public async Task Each_part_of_the_tour_may_do_no_more_than_it_must_and_is_reached_from_this_machine_alone()
    {
        foreach (var (name, service) in await TourAsync())
        {
            service.ReadOnly.Should().BeTrue(name);
            service.CapDrop.Should().Equal(["ALL"], name);
            service.SecurityOpt.Should().Equal(["no-new-privileges:true"], name);
            service.Ports.Where(port => !port.StartsWith("127.0.0.1:", StringComparison.Ordinal)).Should().BeEmpty(name);
            (service.Image.StartsWith("router:", StringComparison.Ordinal) || service.Healthcheck.Count > 0)
                .Should()
                .BeTrue($"{name} is waited for, and Router's image brings its own health check");
        }
    }

    [ProgramFact("redis-server", "redis-server")]
    public async Task The_Routers_of_the_tour_serve_the_samples_in_one_mode()
    {
        await using var redis = await RedisServer.StartAsync();
        var tour = (await TourAsync())
            .Where(service => service.Value.Environment.ContainsKey("Router__Instance"))
            .Select(service => service.Value.Environment)
            .ToArray();
        tour.Should().HaveCount(2);
        await using var first = await RunningRouter.StartWithItsOwnTableAsync(Environment(tour[0]));
        await using var second = await RunningRouter.StartWithItsOwnTableAsync(Environment(tour[1]));
        using var client = new HttpClient();

        // The first one that finds the store empty waits, closed, in case another instance has the record.
        foreach (var router in new[] { first, second })
            await Eventually.TrueAsync(async () => (await GetAsync(router)).Contains("Sample frontend", StringComparison.Ordinal));
        // On the way it may well be NOT SAFE: the other instance confirms a moment later.
        var (code, said, _) = await Tool.RunAsync(first.ManagementUrl, "mode", "set", "maintenance", "--wait", "--expect", "2");
        code.Should().Be(0, said);
        said.Should().EndWith("\nSAFE\n");

        (await GetAsync(first)).Should().Contain("Sorry, the service is unavailable");
        (await GetAsync(second)).Should().Contain("Sorry, the service is unavailable");

        (string, string)[] Environment(Dictionary<string, string> variables) =>
            [.. variables.Select(pair => (pair.Key, pair.Value.Replace("redis://redis:6379", redis.Url, StringComparison.Ordinal)))];

        async Task<string> GetAsync(RunningRouter router)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{router.Endpoint}/")
            {
                Headers = { Host = "www.localhost" },
            };
            using var response = await client.SendAsync(request).InTime();
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task The_mode_that_the_manifests_begin_with_is_a_record_and_each_stage_has_all_that_the_table_needs()
    {
        ModeRecordText
            .TryParse(await File.ReadAllTextAsync(Script.Deploy("kubernetes/base/mode.json")), out var record, out var problem)
            .Should()
            .BeTrue(problem);
        record!.Steps.Single().Mode.Name.Should().Be("live");
        foreach (var stage in new[] { "preview", "staging", "production" })
        {
            var configMap = await File.ReadAllLinesAsync(Script.Deploy($"kubernetes/overlays/{stage}/site.env"));
            await CheckAsync(
                stage,
                [
                    .. configMap.Select(line => (line.Split('=', 2)[0], line.Split('=', 2)[1])),
                    // What the secret of the stage has.
                    .. ((string[])["DM_USER_IPS", "DM_DEV_USER_IPS", "DM_ADMIN_USER_IPS"]).Select(name => (name, "203.0.113.0/24")),
                    ("DM_APP_AUTH", "dXNlcjpwYXNzd29yZA=="),
                    ("ASPNETCORE_ENVIRONMENT", "Production"),
                ]
            );
        }
    }

    [Fact]
    public async Task Every_metric_that_alerts_and_dashboard_name_is_one_that_Router_has()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", backend)
                .Frontend("gone", "http://127.0.0.1:9")
                .Host("gone.*", "gone")
                .Set("Backends:gone:ConnectTimeout", "10s")
                .Path("www.*", "/static")
                .Set("Hosts:www.*:Paths:/static:Static", "true")
                .Set("RateLimits:all:Rate", "0.001")
                .Host("limited.*", "www")
                .Set("Hosts:limited.*:RateLimits", "all")
        );
        // A series appears with its first event.
        foreach (
            var url in new[]
            {
                "http://www.example.org/",
                "http://gone.example.org/",
                "http://limited.example.org/",
                "http://limited.example.org/",
            }
        )
            await router.GetAsync(url);
        router.Switch(ModeCatalogue.Closed);
        await router.GetAsync("http://www.example.org/");
        var names = SeriesName()
            .Matches((await router.GetAsync("http://localhost/_metrics")).Body)
            .Select(match => match.Groups[1].Value)
            .ToHashSet();
        // Of these the test makes no event: a write that breaks, a file of the grace that the switch above has not, lost lines, failed
        // work, and so on.
        names.UnionWith([
            "router_exempted_total",
            "router_hold_ended_total",
            "router_hold_wait_seconds_bucket",
            "router_uncertain_writes_total",
            "router_log_lost_total",
            "router_access_log_lost_total",
            "router_background_failures_total",
            "router_table_reloads_total",
            "router_retries_total",
            "router_trusted_proxies",
            "router_trusted_proxies_age_seconds",
        ]);

        var alerts = await File.ReadAllTextAsync(Script.Deploy("prometheus/alerts.yml"));
        var dashboard = JsonNode.Parse(await File.ReadAllTextAsync(Script.Deploy("grafana/router.json")))!;
        var expressions = dashboard["panels"]!
            .AsArray()
            .SelectMany(panel => panel!["targets"]!.AsArray())
            .Select(target => target!["expr"]!.ToString())
            .ToArray();

        expressions.Should().HaveCountGreaterThan(15);
        foreach (var text in expressions.Append(alerts))
            MetricName().Matches(text).Select(match => match.Value).Should().BeSubsetOf(names, text);
        expressions
            .SelectMany(text => MetricName().Matches(text))
            .Select(match => match.Value.Replace("_bucket", "", StringComparison.Ordinal))
            .Should()
            .Contain(
                names.Select(name => Suffix().Replace(name, "")).Where(name => name.StartsWith("router_", StringComparison.Ordinal)),
                "the dashboard shows every metric of Router's"
            );
    }

    [Fact]
    public async Task Every_alert_links_to_a_section_of_the_runbook()
    {
        var sections = Heading()
            .Matches(await File.ReadAllTextAsync(Script.Deploy("RUNBOOK.md")))
            .Select(match =>
                "deploy/RUNBOOK.md#" + match.Groups[1].Value.ToLowerInvariant().Replace(",", "", StringComparison.Ordinal).Replace(' ', '-')
            );
        var alerts = await File.ReadAllTextAsync(Script.Deploy("prometheus/alerts.yml"));
        var named = Runbook().Matches(alerts).Select(match => match.Groups[1].Value).ToArray();

        named.Should().HaveCount(Regex.Count(alerts, "- alert:")).And.BeSubsetOf(sections);
        Regex.Count(alerts, "operations_url: \"https://router.example.org/deploy/OPERATING.md\"").Should().Be(named.Length);
        File.Exists(Script.Deploy("OPERATING.md")).Should().BeTrue();
    }

    [ProgramFact("promtool", "prometheus")]
    public async Task The_alerts_link_to_the_runbook_below_the_address_that_is_asked_for()
    {
        // As it is documented, from the repository's root.
        var command = Document
            .At("deploy/DEPLOYING.md")
            .Text.Split('\n')
            .Single(line => line.StartsWith("    make ", StringComparison.Ordinal));
        var rules = Path.Combine(Directory.CreateTempSubdirectory("router-alerts-").FullName, "alerts.yml");
        var make = (string runbooks) =>
            Script.RunAsync(
                "sh",
                [
                    "-c",
                    $"cd {Script.Root} && "
                        + command
                            .Replace("RUNBOOKS=https://git.example.org/router/blob/main", $"RUNBOOKS={runbooks}", StringComparison.Ordinal)
                            .Replace("> alerts.yml", $"> {rules}", StringComparison.Ordinal),
                ]
            );
        (await make("")).Code.Should().NotBe(0);
        (await File.ReadAllTextAsync(rules)).Should().BeEmpty();
        var (code, _, errors) = await make("https://git.example.org/router/blob/main/");
        var alerts = await File.ReadAllTextAsync(rules);

        (code, errors).Should().Be((0, ""));
        (await RunAsync("promtool", "check", "rules", rules)).Should().Contain("SUCCESS");
        alerts
            .Should()
            .Contain("runbook_url: \"https://git.example.org/router/blob/main/deploy/RUNBOOK.md#a-backend-fails\"")
            .And.NotContain("\"https://router.example.org");
        Directory.Delete(Path.GetDirectoryName(rules)!, recursive: true);
    }

    [Fact]
    public void Every_command_in_a_document_is_one_that_the_tool_knows()
    {
        var lines = new List<string>();
        foreach (var document in Document.All)
            lines.AddRange(document.Commands);

        lines.Should().HaveCountGreaterThan(20);
        foreach (var line in lines)
        {
            RouterCommand.Tree.Parse(Document.Arguments(line)).Errors.Select(error => error.Message).Should().BeEmpty(line);
        }
    }

    [Fact]
    public async Task As_a_unit_it_notifies_systemd_when_it_listens_and_when_it_stops()
    {
        var directory = Directory.CreateTempSubdirectory("router-notify-").FullName;
        using var notified = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notified.Bind(new UnixDomainSocketEndPoint(Path.Combine(directory, "notify")));
        await File.WriteAllTextAsync(Path.Combine(directory, "site.json"), SiteFile.Of("www.*", "http://127.0.0.1:9").ToString());
        var router = RouterProcess.Start();
        foreach (var argument in (string[])["--urls", "http://127.0.0.1:0", "--config", Path.Combine(directory, "site.json")])
            router.ArgumentList.Add(argument);
        router.Environment["NOTIFY_SOCKET"] = Path.Combine(directory, "notify");
        using var process = Process.Start(router)!;
        var (_, _) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());

        (await NextAsync()).Should().Contain("READY=1");
        await Signals.SendAsync(process.Id, "TERM");
        (await NextAsync()).Should().Contain("STOPPING=1");
        await process.WaitForExitAsync().InTime();
        process.ExitCode.Should().Be(0);
        Directory.Delete(directory, recursive: true);

        async Task<string> NextAsync()
        {
            var buffer = new byte[1024];
            return Encoding.UTF8.GetString(buffer, 0, await notified.ReceiveAsync(buffer).InTime());
        }
    }

    [Fact]
    public async Task The_running_version_is_in_the_command_the_status_and_a_metric()
    {
        await using var router = await RouterProcess.StartAsync(SiteFile.Of("www.*", "http://127.0.0.1:9"));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{router.Endpoint}") };
        var version = (await Script.RunAsync(Tool.Process([], "--version"))).Output.Split('+')[0].Trim();

        version.Should().NotBeEmpty();
        (await client.GetStringAsync("/_status")).Should().Contain($"\"version\": \"{version}\"");
        (await client.GetStringAsync("/_metrics")).Should().MatchRegex($"router_build_info\\{{[^}}]*version=\"{version}\"");
    }

    private static YamlNode Yaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Should().ContainSingle().Subject.RootNode;
    }

    private static async Task<Dictionary<string, Service>> TourAsync()
    {
        var parser = new MergingParser(new Parser(new StringReader(await File.ReadAllTextAsync(Script.Deploy("compose/compose.yaml")))));
        return new DeserializerBuilder()
            .WithNamingConvention(UnderscoredNamingConvention.Instance)
            .IgnoreUnmatchedProperties()
            .Build()
            .Deserialize<Tour>(parser)
            .Services;
    }

    private static async Task CheckAsync(string stage, IEnumerable<(string Name, string Value)> environment)
    {
        var (code, _, errors) = await Tool.RunWithAsync([.. environment], "check");
        code.Should().Be(0, $"{stage}: {errors}");
    }

    private static Task<(int Code, string Output, string Errors)> ScriptAsync(string script, string vars, params string[] arguments) =>
        Script.RunAsync(new ProcessStartInfo(Script.Deploy(script), arguments) { Environment = { ["VARS_DIRECTORY"] = vars } });

    private static Task<(int Code, string Manifest, string Errors)> RenderAsync(
        string vars,
        string stage,
        string? release,
        params (string Name, string Value)[] environment
    )
    {
        var start = new ProcessStartInfo(Script.Deploy("render-manifest"), release is null ? [stage] : [stage, release]);
        start.Environment.Remove("RELEASE_NAME");
        foreach (
            var (name, value) in new[]
            {
                ("VARS_DIRECTORY", vars),
                ("DM_APP_AUTH", "dXNlcjpwYXNzd29yZA=="),
                ("DM_USER_IPS", "203.0.113.0/24"),
                ("DM_DEV_USER_IPS", "203.0.113.0/24"),
                ("DM_ADMIN_USER_IPS", "203.0.113.0/24"),
            }.Concat(environment)
        )
            start.Environment[name] = value;
        return Script.RunAsync(start);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (code, output, errors) = await Script.RunAsync(program, arguments);
        code.Should().Be(0, output + errors);
        return output + errors;
    }

    private sealed class Tour
    {
        public Dictionary<string, Service> Services { get; init; } = [];
    }

    private sealed class Service
    {
        public string Image { get; init; } = "";

        public bool ReadOnly { get; init; }

        public string[] CapDrop { get; init; } = [];

        public string[] SecurityOpt { get; init; } = [];

        public string[] Ports { get; init; } = [];

        public string[] Volumes { get; init; } = [];

        public Dictionary<string, string> Environment { get; init; } = [];

        public Dictionary<string, object> Healthcheck { get; init; } = [];
    }

    [GeneratedRegex(@"^(router_[a-z_]+?)[{ ]", RegexOptions.Multiline)]
    private static partial Regex SeriesName();

    [GeneratedRegex(@"\brouter_[a-z_]+\b(?!\.)")]
    private static partial Regex MetricName();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"Overall exposure level for [^:]+: ([0-9.]+)")]
    private static partial Regex Exposure();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("runbook_url: \"https://router.example.org/([^\"]+)\"")]
    private static partial Regex Runbook();
}
