using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Router.Configuration;

namespace Router.Tests;

/// <summary>What a start that can't be says, and what <c>router check</c> says before.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-start-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task OpenSSL_is_not_loaded_before_something_needs_it()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RouterProcess.StartAsync(SiteFile.Of("www.*", backend));
        (await router.StatusAsync()).Should().Contain("live");

        router.MappedFiles.Should().NotContain(file => file.Contains("libcrypto"));
        using var client = new HttpClient();
        (await client.GetAsync(router.ManagementUrl)).Headers.ETag.Should().NotBeNull();
        router.MappedFiles.Should().Contain(file => file.Contains("libcrypto"), "the tag is a hash");
    }

    [Theory]
    [InlineData("--urls")]
    [InlineData("Kestrel:Endpoints:public:Url")]
    [InlineData("Router:Management:Url")]
    public async Task An_address_in_use_is_one_sentence_that_names_it_and_what_to_change(string key)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var (used, free) = ($"http://{other.LocalEndpoint}", "http://127.0.0.1:0");

        var (code, output, errors) = await RunAsync(Site(key, used), ["--urls", key == "--urls" ? used : free]);

        (code, output).Should().Be((1, ""));
        var lines = errors.TrimEnd().Split('\n');
        lines[^1].Should().Contain($"can't listen on {used}: the port is in use").And.Contain(key);
        if (key == "--urls")
            lines[^1].Should().Contain($"choose another port: --urls http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port + 1}");
        errors.Length.Should().BeLessThan(800, errors);
        errors.Should().NotContain("   at ");
        (await RunAsync(Site(key, used), ["check", "--urls", key == "--urls" ? used : free]))
            .Output.Should()
            .Contain($"{used} is in use now, by a running Router or another program ({key})");
    }

    [Theory]
    [InlineData("--urls")]
    [InlineData("Kestrel:Endpoints:public:Url")]
    [InlineData("Router:Management:Url")]
    public async Task An_address_that_this_machine_does_not_have_is_found_before_the_start(string key)
    {
        const string elsewhere = "http://203.0.113.77:8080";
        var site = Site(key, elsewhere, token: true);

        var (code, _, errors) = await RunAsync(site, ["check", "--urls", key == "--urls" ? elsewhere : "http://127.0.0.1:0"]);
        var (started, _, said) = await RunAsync(site, ["--urls", key == "--urls" ? elsewhere : "http://127.0.0.1:0"]);

        (code, started).Should().Be((2, 1));
        errors.Should().Contain($"can't listen on {elsewhere}: this machine has no such address").And.Contain(key);
        said.Should().Contain($"can't listen on {elsewhere}: this machine has no such address").And.NotContain("   at ");
    }

    [Theory]
    [InlineData(
        """{ "Url": "https://127.0.0.1:0", "Certificate": { "Path": "none.crt", "KeyPath": "site.key" } }""",
        "Kestrel:Endpoints:public:Certificate:Path: '{directory}/none.crt' can't be read: the file does not exist"
    )]
    [InlineData(
        """{ "Url": "https://127.0.0.1:0", "Certificate": { "Path": "site.crt", "KeyPath": "none.key" } }""",
        "Kestrel:Endpoints:public:Certificate:KeyPath: '{directory}/none.key' can't be read"
    )]
    [InlineData(
        """{ "Url": "https://127.0.0.1:0", "Certificate": { "Path": "site.crt", "KeyPath": "other.key" } }""",
        "Kestrel:Endpoints:public:Certificate:Path: '{directory}/site.crt' with the key '{directory}/other.key' can't be used"
    )]
    [InlineData(
        """{ "Url": "https://127.0.0.1:0", "Certificat": { "Path": "site.crt", "KeyPath": "site.key" } }""",
        "Kestrel:Endpoints:public:Certificat: is not a key that Router knows. Did you mean Certificate?"
    )]
    [InlineData("""{ "Url": "https://127.0.0.1:0" }""", "Kestrel:Endpoints:public:Certificate: is not set, and the address is https")]
    [InlineData(
        """{ "Url": "https://127.0.0.1:0", "Sni": { "www.example.org": { "SslProtocols": ["Tls13"] } } }""",
        "Kestrel:Endpoints:public:Sni:www.example.org:Certificate: is not set, and neither the endpoint nor the default has one"
    )]
    [InlineData(
        """{ "Url": "http://127.0.0.1:0", "Certificate": { "Path": "site.crt", "KeyPath": "site.key" } }""",
        "Kestrel:Endpoints:public:Certificate: is set, and the address is not https"
    )]
    [InlineData(
        """{ "Url": "https://127.0.0.1:0", "SslProtocols": "Tls13", "Certificate": { "Path": "site.crt", "KeyPath": "site.key" } }""",
        "Kestrel:Endpoints:public:SslProtocols: is the text 'Tls13'. Write a list"
    )]
    [InlineData("""{ "Url": "127.0.0.1" }""", "Kestrel:Endpoints:public:Url: '127.0.0.1' is not an address to listen on")]
    [InlineData("""{ "Url": "http://127.0.0.1:0", "Protocols": "Http4" }""", "Kestrel:Endpoints:public:Protocols: is 'Http4'")]
    [InlineData(
        """{ "Url": "http://127.0.0.1:0", "Protocols": "Http3" }""",
        "Kestrel:Endpoints:public:Protocols: is 'Http3'. Choose one of Http1AndHttp2, Http1, Http2"
    )]
    [InlineData(
        """{ "Url": "http://127.0.0.1:0", "ClientCertificateMode": "" }""",
        "Kestrel:Endpoints:public:ClientCertificateMode: is empty"
    )]
    [InlineData(
        """{ "Url": "https://127.0.0.1:0", "Certificate": { "Path": "site.crt" } }""",
        "Kestrel:Endpoints:public:Certificate:KeyPath: is not set, and '{directory}/site.crt' is a PEM file"
    )]
    public async Task Check_and_start_find_what_the_server_would_reject(string endpoint, string violation)
    {
        using var certificate = Certificates.Of("www.example.org");
        using var other = Certificates.Of("www.example.org");
        certificate.Write(_directory, "site");
        other.Write(_directory, "other");
        var site = Site("", "");
        site["Kestrel"] = new JsonObject { ["Endpoints"] = new JsonObject { ["public"] = JsonNode.Parse(endpoint) } };

        foreach (var command in new[] { new[] { "check" }, [] })
        {
            var (code, _, errors) = await RunAsync(site, command);

            code.Should().Be(2, errors);
            errors.Should().Contain(violation.Replace("{directory}", _directory, StringComparison.Ordinal)).And.NotContain("   at ");
        }
    }

    [Fact]
    public async Task Relative_paths_count_from_the_file_that_names_them()
    {
        using var certificate = Certificates.Of("www.example.org");
        certificate.Write(_directory, "site");
        await File.WriteAllTextAsync(Path.Combine(_directory, "token"), "0123456789abcdef0123456789abcdef");
        await File.WriteAllTextAsync(Path.Combine(_directory, "read-token"), "abcdef0123456789abcdef0123456789");
        await File.WriteAllTextAsync(Path.Combine(_directory, "ranges"), "203.0.113.0/24");
        var site = Site("Router:Management:TokenFile", "token");
        site["Kestrel"] = JsonNode.Parse(
            """
            {
                "Endpoints": {
                    "public": { "Url": "https://127.0.0.1:0", "Certificate": { "Path": "site.crt", "KeyPath": "./site.key" } }
                }
            }
            """
        );
        site["Router"]!["ModeStore"] = new JsonObject { ["File"] = "mode.json" };
        site["Router"]!["TrustedProxyLists"] = JsonNode.Parse(
            """{ "cdn": { "Source": "ranges" }, "own": { "Source": "198.51.100.0/24" } }"""
        );
        site["Router"]!["Backends"]!["www"]!["CertificateAuthorities"] = "site.crt";
        site["Router"]!["Management"]!["ReadTokenFile"] = "read-token";
        site["Router"]!["Backends"]!["secure"] = JsonNode.Parse(
            """
            {
                "Kind": "Api", "Address": "https://127.0.0.1:1",
                "ClientCertificate": "site.crt", "ClientCertificateKey": "site.key"
            }
            """
        );

        var (code, output, errors) = await RunAsync(site, ["check", "--connect"]);

        errors.Should().NotContain("can't");
        code.Should().Be(3, "the backend is not there");
        output
            .Should()
            .Contain($"Mode store, the file {_directory}/mode.json: read.")
            .And.Contain($"Trusted proxies cdn from file://{_directory}/ranges: 1 ranges.");
    }

    [Fact]
    public async Task Check_contacts_backends_and_store_only_on_request()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        var site = JsonNode.Parse(SiteFile.Of("www.*", backend).Api("api", "http://127.0.0.1:1").Host("api.*", "api").ToString())!;

        (await RunAsync(site, ["check"])).Code.Should().Be(0);
        var (code, output, _) = await RunAsync(site, ["check", "--connect"]);

        code.Should().Be(3);
        output
            .Should()
            .Contain($"Backend www at {backend.Address}: connected.")
            .And.Contain("Backend api at http://127.0.0.1:1: FAILED: ")
            .And.Contain("See Router:Backends:api:Address.");
    }

    [Fact]
    public async Task Check_finds_an_invalid_mode_file_and_two_listeners_on_one_port()
    {
        var mode = Path.Combine(_directory, "mode.json");
        await File.WriteAllTextAsync(mode, "{ not a record");
        var site = Site("Router:ModeStore:File", mode);
        site["Router"]!["Management"] = new JsonObject { ["Url"] = "http://127.0.0.1:18080" };

        var (code, _, errors) = await RunAsync(site, ["check", "--urls", "http://*:18080"]);

        code.Should().Be(2);
        errors
            .Should()
            .Contain($"Router:ModeStore:File: '{mode}' holds no valid mode record")
            .And.Contain("Router:Management:Url: http://127.0.0.1:18080 is the same port as http://*:18080 (--urls)");
    }

    [Theory]
    [InlineData("directory in the lock's place")]
    [InlineData("file in the place of the reports")]
    [InlineData("directory that takes no file")]
    public async Task Check_finds_an_unwritable_mode_file(string obstacle)
    {
        var mode = obstacle == "directory that takes no file" ? "/proc/router-mode.json" : Path.Combine(_directory, "mode.json");
        if (obstacle == "directory in the lock's place")
            Directory.CreateDirectory(mode + ".lock");
        if (obstacle == "file in the place of the reports")
            await File.WriteAllTextAsync(mode + ".instances", "");

        var (code, _, errors) = await RunAsync(Site("Router:ModeStore:File", mode), ["check", "--urls", "http://127.0.0.1:0"]);

        code.Should().Be(2, errors);
        errors
            .Should()
            .Contain($"Router:ModeStore:File: '{mode}' can't be written")
            .And.Contain("Let Router's user write into its directory")
            .And.NotContain("   at ");
    }

    [Fact]
    public async Task Check_tests_whether_the_mode_file_can_be_written_and_leaves_nothing_behind()
    {
        var mode = Path.Combine(_directory, "mode.json");
        await File.WriteAllTextAsync(mode + ".lock", "");
        Directory.CreateDirectory(mode + ".instances");
        var site = Site("Router:ModeStore:File", mode);

        (await RunAsync(site, ["check", "--urls", "http://127.0.0.1:0"]))
            .Should()
            .Match<(int Code, string Output, string Errors)>(end => end.Code == 0 && end.Errors == "");

        Directory
            .GetFileSystemEntries(_directory, "*", SearchOption.AllDirectories)
            .Select(Path.GetFileName)
            .Should()
            .BeEquivalentTo(["site.json", "mode.json.lock", "mode.json.instances"]);
    }

    [Fact]
    public async Task Check_warns_of_a_mode_file_that_is_a_link()
    {
        var mode = Path.Combine(_directory, "mode.json");
        await File.WriteAllTextAsync(Path.Combine(_directory, "data"), "");
        File.CreateSymbolicLink(mode, Path.Combine(_directory, "data"));

        var (code, output, _) = await RunAsync(Site("Router:ModeStore:File", mode), ["check", "--urls", "http://127.0.0.1:0"]);

        code.Should().Be(0);
        output.Should().Contain($"Warning: Router:ModeStore:File is the symbolic link '{mode}', which Router only reads.");
    }

    [Fact]
    public async Task Check_warns_of_limits_that_the_limit_of_open_files_has_no_room_for()
    {
        var site = Site("Router:Limits:MaxConnections", "1500000000");
        site["Router"]!["Backends"]!["www"]!["MaxConcurrentRequests"] = "1000";

        var (code, output, errors) = await RunAsync(site, ["check", "--urls", "http://127.0.0.1:0"], openFiles: 1000);

        code.Should().Be(0, errors);
        output
            .Should()
            .Contain("Warning: Router:Limits:MaxConnections is 1500000000, but the limit of 1000 open files has room for 372 clients")
            .And.Contain(
                "Warning: Router:Backends:www:MaxConcurrentRequests is 1000, and each request takes a connection to the backend, but the "
                    + "limit of 1000 open files has room for 744."
            )
            .And.Contain("LimitNOFILE");
    }

    [Fact]
    public async Task A_stop_during_startup_ends_with_0_and_without_an_exception()
    {
        // The start waits for the list, which does not come.
        await using var lists = RawBackend.Start();
        var site = Site("", "");
        site["Router"]!["TrustedProxyLists"] = new JsonObject { ["cdn"] = new JsonObject { ["Source"] = $"{lists.Address}/ranges" } };
        var file = Path.Combine(_directory, "site.json");
        await File.WriteAllTextAsync(file, site.ToJsonString());
        var start = RouterProcess.Start();
        foreach (var argument in (string[])["--urls", "http://127.0.0.1:0", "--config", file])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());

        using var asked = await lists.AcceptAsync();
        await Signals.SendAsync(process.Id, "TERM");
        await process.WaitForExitAsync().InTime();

        (process.ExitCode, await output).Should().Be((0, ""), await errors);
        (await errors).Should().NotContain("Exception").And.NotContain("Router listens on");
    }

    [Theory]
    [InlineData("203.0.113.0/24\nnonsense", "is not a list of address ranges: 'nonsense' is neither an address nor a range")]
    [InlineData("", "is not a list of address ranges: it has no range")]
    [InlineData("{ \"prefixes\": [", "is not a list of address ranges: it does not have the ip-ranges format")]
    [InlineData(null, "can't be read: ")]
    public async Task Check_reads_the_files_of_trusted_proxies_without_contacting_anything(string? content, string problem)
    {
        var ranges = Path.Combine(_directory, "ranges");
        if (content is null)
            File.CreateSymbolicLink(ranges, ranges);
        else
            await File.WriteAllTextAsync(ranges, content);
        var site = Site("", "");
        site["Router"]!["TrustedProxyLists"] = new JsonObject { ["cdn"] = new JsonObject { ["Source"] = ranges } };

        var (code, _, errors) = await RunAsync(site, ["check", "--urls", "http://127.0.0.1:0"]);

        code.Should().Be(2, errors);
        errors.Should().Contain($"Router:TrustedProxyLists:cdn:Source: '{ranges}' {problem}").And.NotContain("   at ");
    }

    [Theory]
    [InlineData("Kestral", "Kestrel")]
    [InlineData("Ruoter", "Router")]
    [InlineData("Loging", "Logging")]
    public async Task A_misspelt_section_is_found(string section, string meant)
    {
        var site = Site("", "");
        site[section] = new JsonObject { ["Any"] = "thing" };

        var (code, _, errors) = await RunAsync(site, ["check"]);

        code.Should().Be(2);
        errors.Should().Contain($"  {section}: is not a section that Router knows. Did you mean {meant}?\n");
    }

    [Theory]
    [InlineData("{\n  \"Router\": {\n    \"Mode\": \"live\"\n    \"Stage\": \"x\"\n  }\n}", 4, 5)]
    [InlineData("{ \"Router\": { \"Stage\": \"é\", ? } }", 1, 29)]
    [InlineData("{\n  \"Router\": { \"Stage\": \"a\",\n    \"stage\": \"b\" } }", 3, 14)]
    [InlineData("[]", 1, 1)]
    [InlineData("", 1, 1)]
    [InlineData("{ \"Router\": { \"Stage\": \"\\ud800\" } }", 1, 24)]
    [InlineData("{} x", 1, 4)]
    public void An_error_in_the_file_has_its_line_and_column(string text, int line, int column)
    {
        var read = () => JsonKeys.Read(System.Text.Encoding.UTF8.GetBytes(text));

        var error = read.Should().Throw<JsonKeysException>().Which;
        (error.Line, error.Column).Should().Be((line, column), error.Message);
        error.Message.Should().NotContain("LineNumber");
    }

    private static JsonNode Site(string key, string value, bool token = false)
    {
        var site = new SiteFile().Frontend("www", "http://127.0.0.1:1").Host("www.*", "www");
        if (key.StartsWith("Router:", StringComparison.Ordinal))
            site.Set(key["Router:".Length..], value);
        if (token)
            site.Set("Management:Token", "0123456789abcdef0123456789abcdef");
        var json = JsonNode.Parse(site.ToString())!;
        json["Router"]!["Management"]!["Url"] ??= "";
        if (key.StartsWith("Kestrel:", StringComparison.Ordinal))
            json["Kestrel"] = new JsonObject { ["Endpoints"] = new JsonObject { ["public"] = new JsonObject { ["Url"] = value } } };
        return json;
    }

    [Theory]
    [InlineData("redis://127.0.0.1:1", "it refuses the connection. Start it, or correct the port in Router:ModeStore:Redis.")]
    [InlineData("redis://redis.invalid", "its name is not known. Correct the host in Router:ModeStore:Redis, or the name server.")]
    // It speaks no TLS.
    [InlineData("rediss://{backend}", "Router:ModeStore:Redis begins with rediss:// for TLS and redis:// without.")]
    public async Task A_store_that_cannot_be_reached_is_found_before_the_start_with_its_cause(string url, string cause)
    {
        await using var backend = RawBackend.Responding("-ERR\r\n");
        var site = Site("Router:ModeStore:Redis", url.Replace("{backend}", backend.Authority, StringComparison.Ordinal));

        var (code, output, _) = await RunAsync(site, ["check", "--connect"]);

        code.Should().Be(3);
        output.Should().Contain("Mode store, Redis at ").And.Contain(cause);
    }

    [Theory]
    [InlineData("Router__AccessLog", "perhaps", "Router:AccessLog (Router__AccessLog): is 'perhaps'")]
    [InlineData("ROUTER__AccessLgo", "true", "Router:AccessLgo (ROUTER__AccessLgo): is not a key that Router knows")]
    [InlineData("Router__TrustedProxies__0", "10.0.0.0/33", "Router:TrustedProxies (Router__TrustedProxies__0): '10.0.0.0/33'")]
    [InlineData("Kestrel__Endpoints__a__Url", "8080", "Kestrel:Endpoints:a:Url (Kestrel__Endpoints__a__Url): '8080'")]
    public async Task An_error_in_the_environment_names_the_variable(string name, string value, string message)
    {
        var file = Path.Combine(_directory, "site.json");
        await File.WriteAllTextAsync(file, Site("", "").ToJsonString());
        var (code, _, errors) = await Tool.RunWithAsync([(name, value)], "check", "--config", file);

        code.Should().Be(2);
        errors.Should().Contain(message);
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync(JsonNode site, string[] arguments, int? openFiles = null)
    {
        var file = Path.Combine(_directory, "site.json");
        await File.WriteAllTextAsync(file, site.ToJsonString());
        arguments = [.. arguments, "--config", file];
        if (openFiles is not { } limit)
            return await Tool.RunWithoutUrlAsync(arguments);
        var start = Tool.Process([], arguments);
        return await Script.RunAsync("/bin/sh", ["-c", $"ulimit -n {limit} && exec \"$@\"", "sh", start.FileName, .. start.ArgumentList]);
    }
}
