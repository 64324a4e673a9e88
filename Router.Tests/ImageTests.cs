using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Router.Tests;

/// <summary>The container image does what it is for with nothing around it: no shell, no root, nothing to write to.</summary>
[SupportedOSPlatform("linux")]
public sealed class ImageTests
{
    private static readonly string Archive = Environment.GetEnvironmentVariable(ImageFactAttribute.Variable) ?? "";

    [ImageFact]
    public async Task In_an_empty_root_as_a_user_without_rights_it_serves_the_original_routers_environment()
    {
        await using var api = WireMockBackend.RespondingText("from the api");
        using var certificate = Certificates.Of("localhost");
        await using var frontend = await FrontendAsync(certificate);
        using var image = new UnpackedImage();
        // What an engine lays into a container, and a site beside it.
        await File.WriteAllTextAsync(Path.Combine(image.Root, "etc/hosts"), "127.0.0.1 localhost\n");
        await File.AppendAllTextAsync(Path.Combine(image.Root, "etc/ssl/certs/ca-certificates.crt"), certificate.ExportCertificatePem());
        var start = image.Run(
            ["--urls", "http://127.0.0.1:0"],
            [
                ("DM_FRONTEND_URL", $"https://localhost:{new Uri(frontend.Urls.First()).Port}"),
                .. Original(api.Address),
                ("Router__Management__Url", ""),
                ("Router__Pages__TimeZone", "Europe/London"),
                ("Router__Backends__frontend__ConnectTimeout", "10s"),
            ]
        );
        using var process = Process.Start(start)!;
        var log = new List<string>();
        Uri? address = null;
        while (address is null && await process.StandardError.ReadLineAsync().InTime() is { } line)
        {
            log.Add(line);
            if (line.Split("Router listens on ") is [_, var rest])
                address = new Uri(rest.Split(' ')[0]);
        }

        address.Should().NotBeNull("it says {0}", string.Join('\n', log));
        using var client = new HttpClient { BaseAddress = address };
        var status = JsonNode.Parse(await client.GetStringAsync("/_status"))!;
        status["release"].Should().BeNull();
        status["version"]!.ToString().Should().Be(image.Config["Labels"]!["org.opencontainers.image.version"]!.ToString());
        (await GetAsync(client, "api.example.org")).Should().Be((HttpStatusCode.OK, "from the api"));
        (await GetAsync(client, "www.example.org"))
            .Should()
            .Be((HttpStatusCode.OK, "from the frontend"), "TLS and the authorities are there");
        (await File.ReadAllLinesAsync($"/proc/{process.Id}/status")).Should().Contain("Uid:\t65532\t65532\t65532\t65532");
        (await HealthAsync(image, address!)).Should().Be(0);

        await Signals.SendAsync(process.Id, "TERM");
        await process.WaitForExitAsync().InTime();
        process.ExitCode.Should().Be(0);
        (await HealthAsync(image, address!)).Should().Be(1);
    }

    [ImageFact]
    public void It_says_what_it_is_and_has_nothing_in_it_that_it_does_not_need()
    {
        using var image = new UnpackedImage();

        var labels = image.Config["Labels"]!;
        labels["org.opencontainers.image.version"]!.ToString().Should().StartWith("release-");
        labels["org.opencontainers.image.revision"]!.ToString().Should().MatchRegex("^[0-9a-f]{40}$");
        labels["org.opencontainers.image.title"]!.ToString().Should().Be("router");
        image.Config["User"]!.ToString().Should().Be("65532:65532");
        image.Config["Healthcheck"]!["Test"]!.AsArray().Select(part => part!.ToString()).Should().Equal("CMD", "/app/router", "health");
        var files = Directory.EnumerateFiles(image.Root, "*", SearchOption.AllDirectories).ToArray();
        files.Select(Path.GetFileName).Should().NotContain(["sh", "bash", "dash", "busybox", "apt", "router.dbg", "router.xml"]);
        // A link may point to where the container has something and this machine too.
        files
            .Where(file =>
                new FileInfo(file).LinkTarget is null
                && (File.GetUnixFileMode(file) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0
            )
            .Should()
            .BeEmpty();
        var packages = Directory.GetFiles(Path.Combine(image.Root, "var/lib/dpkg/status.d")).Select(Path.GetFileName).ToArray();
        packages
            .Should()
            .BeEquivalentTo("base-files", "ca-certificates", "libc6", "libssl3", "tzdata")
            .And.OnlyContain(name => File.Exists(Path.Combine(image.Root, "usr/share/doc", name!, "copyright")));
        File.Exists(Path.Combine(image.Root, "app/appsettings.schema.json")).Should().BeTrue("appsettings.json refers to it");
        File.Exists(Path.Combine(image.Root, "usr/lib/os-release")).Should().BeTrue("a scanner asks which Debian it is");
        files.Sum(file => new FileInfo(file).LinkTarget is null ? new FileInfo(file).Length : 0).Should().BeLessThan(50 << 20);
    }

    [ImageFact]
    public void The_image_has_a_bill_of_materials()
    {
        var bill = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(Archive, ".cdx.json")))!;
        var parts = bill["components"]!
            .AsArray()
            .Select(part => (Name: part!["name"]!.ToString(), Version: part["version"]!.ToString(), Url: part["purl"]!.ToString()))
            .ToArray();

        bill["bomFormat"]!.ToString().Should().Be("CycloneDX");
        bill["metadata"]!["component"]!["version"]!.ToString().Should().StartWith("release-");
        parts.Should().OnlyContain(part => part.Version != "" && part.Url.StartsWith("pkg:", StringComparison.Ordinal));
        parts
            .Select(part => part.Name)
            .Should()
            .OnlyHaveUniqueItems()
            .And.Contain([
                "StackExchange.Redis",
                "Microsoft.Extensions.Http.Polly",
                "Microsoft.DotNet.ILCompiler",
                "libc6",
                "libssl3",
                "ca-certificates",
                "tzdata",
            ]);
        parts
            .Select(part => part.Name)
            .Should()
            .ContainSingle(
                name => name.StartsWith("Microsoft.AspNetCore.App.Runtime.", StringComparison.Ordinal),
                "the server is compiled into the binary"
            );
        parts
            .Select(part => part.Name)
            .Should()
            .NotContain(name => name.Contains("xunit", StringComparison.OrdinalIgnoreCase), "that is in no image");
    }

    private static IEnumerable<(string Name, string Value)> Original(string backend)
    {
        foreach (
            var name in new[]
            {
                "API",
                "SEARCH_API",
                "ANTIVIRUS_API",
                "DOCUMENTS_S3",
                "G7_DRAFT_DOCUMENTS_S3",
                "AGREEMENTS_S3",
                "COMMUNICATIONS_S3",
                "REPORTS_S3",
                "SUBMISSIONS_S3",
            }
        )
            yield return ($"DM_{name}_URL", backend);
        foreach (var name in new[] { "USER", "DEV_USER", "ADMIN_USER" })
            yield return ($"DM_{name}_IPS", "172.0.0.0/0");
        yield return ("DM_APP_AUTH", "dXNlcjpwYXNzd29yZA==");
        yield return ("DM_RATE_LIMITING_ENABLED", "enabled");
    }

    private static async Task<WebApplication> FrontendAsync(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync("from the frontend"));
        await app.StartAsync();
        return app;
    }

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(HttpClient client, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = host } };
        using var response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<int> HealthAsync(UnpackedImage image, Uri address)
    {
        using var process = Process.Start(image.Run(["health", "--urls", address.GetLeftPart(UriPartial.Authority)]))!;
        await process.WaitForExitAsync().InTime();
        return process.ExitCode;
    }
}
