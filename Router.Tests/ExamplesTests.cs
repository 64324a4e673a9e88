using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Hosting;
using Router.Management;
using Router.Modes;

namespace Router.Tests;

/// <summary>The sites of deploy/examples: each passes the check, starts, and serves.</summary>
public sealed class ExamplesTests : IDisposable
{
    private const string Listening = "http://127.0.0.1:0";

    private readonly string _directory = Directory.CreateTempSubdirectory("router-examples-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("one-host", "shop", "shop.example.org")]
    [InlineData("kubernetes", "shop", "shop.example.org")]
    [InlineData("systemd", "shop", "www.example.org")]
    public async Task An_example_passes_the_check_starts_and_forwards_a_request(string example, string backend, string host)
    {
        Copy(example);
        await CheckAsync("site.json");
        await using var shop = WireMockBackend.RespondingText("the shop");
        await using var app = await StartAsync("site.json", site => site["Backends"]![backend]!["Address"] = shop.Address);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.Single()) { Headers = { Host = host } };

        using var response = await client.SendAsync(request).InTime();

        (await response.Content.ReadAsStringAsync()).Should().Be("the shop");
        await app.StopAsync();
    }

    [ProgramFact("haproxy", "haproxy")]
    public async Task Two_replicas_behind_the_balancer_serve_with_TLS_and_close_as_one()
    {
        Copy("two-replicas");
        using var router = Certificates.Of("router.internal");
        using var site = Certificates.Of("www.example.org");
        router.Write(_directory, "router");
        var (certificate, key) = site.Write(_directory, "site");
        await File.WriteAllTextAsync(In("site.pem"), await File.ReadAllTextAsync(certificate) + "\n" + await File.ReadAllTextAsync(key));
        await CheckAsync("site.json");
        await using var redis = await RedisServer.StartAsync();
        await using var www = WireMockBackend.RespondingText("the site");
        await using var first = await ReplicaAsync("router-1", redis, www);
        await using var second = await ReplicaAsync("router-2", redis, www);
        using var reserved = new ReservedPort();
        var port = reserved.Number;
        using var balancer = await BalanceAsync(port, new Uri(first.Urls.Single()).Port, new Uri(second.Urls.Single()).Port);

        var open = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => GetAsync(port, "www.example.org")));
        var partners = await GetAsync(port, "orders.example.org");
        var management = first.Services.GetRequiredService<ManagementServer>().Url!;
        var (code, output, errors) = await Tool.RunAsync(management, "mode", "set", "maintenance", "--wait", "--expect", "2");
        var closed = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => GetAsync(port, "www.example.org")));
        balancer.Kill();
        await first.StopAsync();
        await second.StopAsync();

        open.Should().AllSatisfy(page => page.Should().Be((200, "the site")));
        partners.Status.Should().Be(403, "the client is not a partner");
        (await www.RequestAsync()).Value("X-Forwarded-Proto").Should().Be("https");
        (code, errors).Should().Be((0, ""), output);
        output.TrimEnd().Should().EndWith("SAFE");
        closed.Should().OnlyContain(page => page.Status == 503);
    }

    [ProgramFact("kubectl", null)]
    public async Task The_pods_start_with_the_site_s_own_file()
    {
        var (code, manifest, errors) = await Script.RunAsync("kubectl", ["kustomize", Script.Deploy("examples/kubernetes")]);

        code.Should().Be(0, errors);
        var objects = KubernetesYaml.LoadAllFromString(manifest, strict: true);
        var pod = objects.OfType<V1Deployment>().Single().Spec.Template.Spec;
        var mounted = pod.Containers.Single().VolumeMounts.Single(mount => mount.Name == "site");
        var name = pod.Volumes.Single(volume => volume.Name == "site").ConfigMap.Name;
        pod.Containers.Single().Args.Should().Equal("--urls", "http://*:8080", "--config", $"{mounted.MountPath}/site.json");
        objects
            .OfType<V1ConfigMap>()
            .Single(map => map.Name() == name)
            .Data["site.json"]
            .Should()
            .Be(await File.ReadAllTextAsync(Script.Deploy("examples/kubernetes/site.json")));
    }

    [Fact]
    public async Task The_unit_checks_and_starts_with_the_file_that_its_variables_name()
    {
        Copy("systemd");
        var unit = await File.ReadAllLinesAsync(Script.Deploy("systemd/router.service"));

        var check = await Script.RunAsync(Command("ExecReload="));
        using var router = Process.Start(Command("ExecStart="))!;
        var output = router.StandardOutput.ReadToEndAsync();
        var log = "";
        while (!log.Contains("Router listens on", StringComparison.Ordinal))
            log = await router.StandardError.ReadLineAsync().InTime() ?? throw new IOException("It does not listen.");
        await Signals.SendAsync(router.Id, "TERM");
        await router.WaitForExitAsync().InTime();

        check.Code.Should().Be(0, check.Errors);
        check.Output.Should().Contain("Host shop: www.example.org");
        log.Should().Contain("Routes: 2.");
        (router.ExitCode, await output).Should().Be((0, ""));

        // The unit's line, with the paths of this machine, and with the variables of the file of variables.
        ProcessStartInfo Command(string setting)
        {
            var line = unit.First(line => line.StartsWith(setting, StringComparison.Ordinal))[setting.Length..];
            var start = RouterProcess.Start();
            foreach (var variable in File.ReadAllLines(In("router.env")).Where(line => line.Contains('=', StringComparison.Ordinal)))
            {
                if (variable.StartsWith('#'))
                    continue;
                var (name, value) = (variable.Split('=', 2)[0], variable.Split('=', 2)[1]);
                start.Environment[name] = value;
                line = line.Replace($"${name}", value, StringComparison.Ordinal);
            }

            line.Should().StartWith("/opt/router/router ").And.NotContain("$");
            foreach (var word in line.Split(' ')[1..])
            {
                start.ArgumentList.Add(
                    word.Replace("/etc/router", _directory, StringComparison.Ordinal)
                        .Replace("http://*:8080", Listening, StringComparison.Ordinal)
                );
            }

            start.Environment["Router__Management__Url"] = Listening;
            start.Environment["Router__ModeStore__File"] = In("mode.json");
            return start;
        }
    }

    private void Copy(string example)
    {
        foreach (var file in Directory.GetFiles(Script.Deploy($"examples/{example}")))
            File.Copy(file, In(Path.GetFileName(file)));
    }

    private string In(string file) => Path.Combine(_directory, file);

    private async Task CheckAsync(string file)
    {
        await using var output = new StringWriter();
        var code = await CheckCommand.RunAsync(RunningRouter.Options(In(file), null), connects: false, CheckView.Json, output);
        code.Should().Be(0, output.ToString());
    }

    private Task<WebApplication> ReplicaAsync(string name, RedisServer redis, WireMockBackend www) =>
        StartAsync(
            "site.json",
            site =>
            {
                site["Instance"] = name;
                site["ModeStore"]!["Redis"] = redis.Url;
                site["Backends"]!["www"] = new JsonObject { ["Kind"] = "Frontend", ["Address"] = www.Address };
            }
        );

    // With the addresses of this machine; everything else is the example's.
    private async Task<WebApplication> StartAsync(string file, Action<JsonNode> change)
    {
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip };
        var json = JsonNode.Parse(await File.ReadAllTextAsync(In(file)), documentOptions: options)!;
        if (json["Kestrel"] is { } server)
            server["Endpoints"]!["site"]!["Url"] = "https://127.0.0.1:0";
        json["Router"]!["Management"] = new JsonObject { ["Url"] = Listening };
        change(json["Router"]!);
        var started = In($"{Guid.NewGuid()}.json");
        await File.WriteAllTextAsync(started, json.ToJsonString());
        var app = await RouterApplication.BuildAsync(
            RunningRouter.Options(started, null) with
            {
                AccessLog = Stream.Null,
                Log = Stream.Null,
            }
        );
        await app.StartAsync();
        // With an empty store it waits a moment for another instance that still has the record.
        var (modes, opened) = (app.Services.GetRequiredService<ModeController>(), new TaskCompletionSource());
        modes.Changed += state =>
        {
            if (state.Mode.Name == "live")
                opened.TrySetResult();
        };
        if (modes.Current.Name != "live")
            await opened.Task.InTime();
        return app;
    }

    private async Task<Process> BalanceAsync(int port, int first, int second)
    {
        var text = (await File.ReadAllTextAsync(In("haproxy.cfg")))
            .Replace("bind *:443", $"bind 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("/etc/haproxy/site.pem", In("site.pem"), StringComparison.Ordinal)
            .Replace("/etc/haproxy/router-ca.pem", In("router.crt"), StringComparison.Ordinal)
            .Replace("router-1.internal:8443", $"127.0.0.1:{first}", StringComparison.Ordinal)
            .Replace("router-2.internal:8443", $"127.0.0.1:{second}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(In("running.cfg"), text);
        var (code, _, errors) = await Script.RunAsync("haproxy", ["-c", "-f", In("running.cfg")]);
        code.Should().Be(0, errors);
        var process = Process.Start(new ProcessStartInfo("haproxy", ["-db", "-f", In("running.cfg")]))!;
        using var limit = new CancellationTokenSource(Deadlines.Limit);
        while (true)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return process;
            }
            catch (SocketException) when (!process.HasExited)
            {
                // It does not listen yet.
                await Task.Yield();
            }
        }
    }

    private static async Task<(int Status, string Body)> GetAsync(int port, string host)
    {
        // Made for this test, and by no authority.
        using var client = new HttpClient(
            new SocketsHttpHandler
            {
                SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
                UseProxy = false,
            }
        );
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{port}/") { Headers = { Host = host } };
        using var response = await client.SendAsync(request).InTime();
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
