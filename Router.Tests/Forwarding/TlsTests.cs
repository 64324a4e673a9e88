using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Router.Hosting;
using Router.Modes;
using Router.Serving;

namespace Router.Tests.Forwarding;

public sealed class TlsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-tls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("2.0")]
    [InlineData("1.1")]
    public async Task Clients_connect_over_TLS_and_negotiate_the_HTTP_version(string version)
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        var files = Certificates.Of("localhost").Write(_directory, "one");
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), "Http1AndHttp2", files);
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = IsOurs } });

        using var response = await client
            .SendAsync(
                new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{router.Port}/")
                {
                    Version = Version.Parse(version),
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                }
            )
            .InTime();

        response.Version.Should().Be(Version.Parse(version));
        (await response.Content.ReadAsStringAsync()).Should().Be("ok");
        (await backend.RequestAsync()).Values("X-Forwarded-Proto").Should().Equal("https");
    }

    [Fact]
    public async Task A_new_certificate_in_the_files_is_used_without_a_restart()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        using var second = Certificates.Of("second.example.org");
        var files = Certificates.Of("first.example.org").Write(_directory, "site");
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), "Http1", files);
        (await SubjectAsync(router.Port)).Should().Be("CN=first.example.org");
        (AppContext.TryGetSwitch(RouterApplication.CertificateFileWatchingSwitch, out var isOff) && isOff)
            .Should()
            .BeTrue("the server's own watch can deadlock while it starts");

        second.Write(_directory, "site");

        (await router.Log.NextAsync("The configuration was reloaded (a file changed)")).Should().Contain(files.Certificate);
        (await SubjectAsync(router.Port)).Should().Be("CN=second.example.org");
    }

    [Fact]
    public async Task A_certificate_is_renewed_again_and_again_and_no_connection_is_closed_for_it()
    {
        await using var backend = RawBackend.Start();
        var files = Certificates.Of("first.example.org").Write(_directory, "site");
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), "Http1", files);
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = IsOurs } });
        var slow = client.GetStringAsync(new Uri($"https://127.0.0.1:{router.Port}/"));
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        foreach (var name in new[] { "second", "first", "second" })
        {
            Certificates.Of($"{name}.example.org").Write(_directory, "site");
            await router.App.Services.GetRequiredService<Reloader>().ReloadAsync("a test", default);
            (await SubjectAsync(router.Port)).Should().Be($"CN={name}.example.org");
        }

        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await slow.InTime()).Should().Be("ok");
    }

    [Fact]
    public async Task A_certificate_that_is_mounted_after_the_configuration_names_it_is_used()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        var files = Certificates.Of("first.example.org").Write(_directory, "site");
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), "Http1", files);
        var later = Path.Combine(_directory, "later");
        await router.ChangeAsync(endpoints =>
            endpoints["public"]!["Certificate"] = new JsonObject { ["Path"] = $"{later}.crt", ["KeyPath"] = $"{later}.key" }
        );
        (await router.Log.NextAsync("is not valid; the running one remains in force")).Should().Contain("later.crt' can't be read");

        Certificates.Of("second.example.org").Write(_directory, "later");

        (await router.Log.NextAsync("The configuration was reloaded (a file changed)")).Should().Contain(":Certificate:Path,");
        // The server binds the endpoint again, and a port that it may choose is another one then.
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await SubjectAsync(new Uri(router.App.Urls.Last()).Port) == "CN=second.example.org";
            }
            catch (Exception between) when (between is SocketException or IOException or InvalidOperationException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task An_address_that_cannot_be_listened_on_is_refused_and_the_endpoint_goes_on()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), "Http1");
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        await router.ChangeAsync(endpoints => endpoints["public"]!["Url"] = $"http://{taken.LocalEndpoint}");
        (await router.Log.NextAsync("is not valid; the running one remains in force"))
            .Should()
            .Contain($"Router can't listen on http://{taken.LocalEndpoint}: the port is in use");

        await router.ChangeAsync(endpoints => endpoints.Clear());
        (await router.Log.NextAsync("is not valid; the running one remains in force"))
            .Should()
            .Contain("Kestrel:Endpoints: no longer has any endpoint");

        using var client = new HttpClient();
        (await client.GetStringAsync(new Uri($"http://127.0.0.1:{router.Port}/"))).Should().Be("ok");
    }

    [Fact]
    public async Task A_reload_reads_a_certificate_behind_a_swapped_link()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        foreach (var name in new[] { "first", "second" })
            Certificates.Of($"{name}.example.org").Write(Directory.CreateDirectory(Path.Combine(_directory, name)).FullName, "site");
        var link = Path.Combine(_directory, "mounted");
        Directory.CreateSymbolicLink(link, Path.Combine(_directory, "first"));
        await using var router = await ListeningRouter.StartAsync(
            SiteFile.Of("*", backend),
            "Http1",
            (Path.Combine(link, "site.crt"), Path.Combine(link, "site.key"))
        );
        (await SubjectAsync(router.Port)).Should().Be("CN=first.example.org");

        // As a platform swaps a mounted secret.
        Directory.CreateSymbolicLink(link + ".new", Path.Combine(_directory, "second"));
        Directory.Delete(link);
        Directory.Move(link + ".new", link);
        await router.App.Services.GetRequiredService<Reloader>().ReloadAsync("a test", default);

        (await router.Log.NextAsync("The configuration was reloaded")).Should().Contain(Path.Combine(link, "site.crt"));
        (await SubjectAsync(router.Port)).Should().Be("CN=second.example.org");
    }

    [Fact]
    public async Task A_reload_rereads_the_authorities()
    {
        using var certificate = Certificates.Of("localhost");
        using var stranger = Certificates.Of("localhost");
        await using var app = await BackendAsync(certificate, false);
        var authority = Path.Combine(_directory, "authority.pem");
        await File.WriteAllTextAsync(authority, stranger.ExportCertificatePem());
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("*", $"https://localhost:{new Uri(app.Urls.First()).Port}")
                .Set("Backends:www:CertificateAuthorities", authority)
                .Set("Backends:www:ConnectTimeout", "10s")
        );
        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(502);

        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem() + "\n");
        await router.App.Services.GetRequiredService<Reloader>().ReloadAsync("a test", default);

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_backend_is_trusted_by_the_authorities_that_the_configuration_names(bool http2)
    {
        using var certificate = Certificates.Of("localhost");
        await using var app = await BackendAsync(certificate, http2);
        var authority = Path.Combine(_directory, "authority.pem");
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem());
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("*", $"https://localhost:{new Uri(app.Urls.First()).Port}")
                .Set("Backends:www:CertificateAuthorities", authority)
                .Set("Backends:www:Http2", http2 ? "true" : "false")
                .Set("Backends:www:ConnectTimeout", "10s")
        );

        for (var i = 0; i < 5; i++)
        {
            var reply = await router.SendAsync("POST", "http://www.example.org/a%2Fb", new StringContent("hello"));
            (reply.Status, reply.Body).Should().Be((200, http2 ? "HTTP/2 hello" : "HTTP/1.1 hello"));
        }

        if (!http2)
            router.Site.Backends[0].Destinations[0].Pool.Idle.Should().Be(1, "a connection with TLS is used again");
    }

    [Fact]
    public async Task An_untrusted_backend_certificate_is_a_502_and_the_backend_gets_no_byte()
    {
        using var certificate = Certificates.Of("localhost");
        var served = 0;
        await using var app = await BackendAsync(certificate, false, () => Interlocked.Increment(ref served));
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("*", $"https://localhost:{new Uri(app.Urls.First()).Port}").Set("Backends:www:ConnectTimeout", "10s")
        );

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(502);
        await router.Log.NextAsync("tls_failed");
        served.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_backend_that_asks_for_a_certificate_gets_the_one_that_is_in_the_files_now(bool http2)
    {
        using var certificate = Certificates.Of("localhost");
        await using var app = Application.Create(
            http2 ? HttpProtocols.Http2 : HttpProtocols.Http1,
            listen =>
                listen.UseHttps(
                    certificate,
                    https =>
                    {
                        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                        https.AllowAnyClientCertificate();
                    }
                )
        );
        app.Run(context => context.Response.WriteAsync(context.Connection.ClientCertificate!.Subject));
        await app.StartAsync();
        using var second = Certificates.Of("second");
        var files = Certificates.Of("first").Write(_directory, "client");
        var authority = Path.Combine(_directory, "authority.pem");
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem());
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("*", $"https://localhost:{new Uri(app.Urls.First()).Port}")
                .Set("Backends:www:CertificateAuthorities", authority)
                .Set("Backends:www:Http2", http2 ? "true" : "false")
                .Set("Backends:www:ClientCertificate", files.Certificate)
                .Set("Backends:www:ClientCertificateKey", files.Key)
        );

        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("CN=first");
        second.Write(_directory, "client");

        await Eventually.TrueAsync(async () => (await router.GetAsync("http://www.example.org/")).Body == "CN=second");
    }

    [Theory]
    [InlineData("https://localhost", "missing.crt", "client.key", "ClientCertificate", "the file does not exist")]
    [InlineData("https://localhost", "client.crt", "missing.key", "ClientCertificateKey", "the file does not exist")]
    [InlineData("https://localhost", "client.crt", "other.key", "ClientCertificate", "can't be used")]
    [InlineData("https://localhost", "client.key", "client.key", "ClientCertificate", "can't be used")]
    [InlineData("https://localhost", "client.crt", null, "ClientCertificate", "can't be used")]
    [InlineData("https://localhost", null, "client.key", "ClientCertificateKey", "no ClientCertificate")]
    [InlineData("http://localhost", "client.crt", "client.key", "ClientCertificate", "not https")]
    public void A_client_certificate_that_cannot_be_used_is_a_configuration_error(
        string address,
        string? path,
        string? key,
        string at,
        string word
    )
    {
        Certificates.Of("client").Write(_directory, "client");
        Certificates.Of("other").Write(_directory, "other");
        var site = SiteFile.Of("*", address);
        if (path is not null)
            site.Set("Backends:www:ClientCertificate", Path.Combine(_directory, path));
        if (key is not null)
            site.Set("Backends:www:ClientCertificateKey", Path.Combine(_directory, key));

        var error = site.Read().Errors.Should().ContainSingle().Subject;

        error.Key.Should().Be($"Router:Backends:www:{at}");
        error.Problem.Should().Contain(word);
        error.Hint.Should().NotBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_without_a_length_is_complete_only_with_the_closure_alert(bool alerts)
    {
        using var certificate = Certificates.Of("localhost");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var router = await RunningRouter.StartAsync(await TrustingAsync(listener, certificate));
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using (var backend = await listener.AcceptTcpClientAsync().InTime())
        {
            await using var tls = new SslStream(backend.GetStream());
            await tls.AuthenticateAsServerAsync(certificate).InTime();
            await tls.ReadAsync(new byte[8192]).InTime();
            await tls.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome of it"u8.ToArray());
            await client.ReadThroughAsync("some of it");
            if (alerts)
                await tls.ShutdownAsync();
        }

        if (alerts)
            (await client.ReadThroughAsync("0\r\n\r\n")).Should().Be("\r\n0\r\n\r\n");
        else
            (await client.ReadToEndAsync()).Text.Should().Be("\r\n", "what may be half a body must not look like a whole one");
    }

    [Fact]
    public async Task An_upgraded_connection_to_a_backend_that_no_longer_reads_ends_when_the_site_is_closed()
    {
        using var certificate = Certificates.Of("localhost");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var router = await RunningRouter.StartAsync(await TrustingAsync(listener, certificate));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\n");
        using var backend = await listener.AcceptTcpClientAsync().InTime();
        await using var tls = new SslStream(backend.GetStream());
        await tls.AuthenticateAsServerAsync(certificate).InTime();
        await tls.ReadAsync(new byte[8192]).InTime();
        await tls.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\n"u8.ToArray());
        await client.ReadHeadAsync();
        await client.WriteUntilItStallsAsync(KernelBuffers.FarMore, TimeSpan.FromSeconds(1));

        router.Switch(ModeCatalogue.Closed);

        await Eventually.Async(() => router.Site.Backends[0].InFlight == 0);
    }

    [Fact]
    public async Task An_unrequested_response_does_not_belong_to_the_next_request()
    {
        using var certificate = Certificates.Of("localhost");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, certificate);
        await using var router = await RunningRouter.StartAsync(
            (await TrustingAsync(listener, certificate)).Set("Backends:www:ConnectTimeout", "10s")
        );

        for (var i = 0; i < 10; i++)
            (await router.GetAsync("http://www.example.org/")).Body.Should().Be("right");
        listener.Stop();
        await serving;
    }

    // After each response, in the same TLS record, comes another one.
    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(certificate);
                var buffer = new byte[8192];
                while (await tls.ReadAsync(buffer) > 0)
                    await tls.WriteAsync(
                        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nrightHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"u8.ToArray()
                    );
            }
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException or IOException) { }
    }

    // A site whose backend is a listener that shows this certificate.
    private async Task<SiteFile> TrustingAsync(TcpListener listener, X509Certificate2 certificate)
    {
        var authority = Path.Combine(_directory, "authority.pem");
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem());
        return SiteFile
            .Of("*", $"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}")
            .Set("Backends:www:CertificateAuthorities", authority);
    }

    private static async Task<WebApplication> BackendAsync(X509Certificate2 certificate, bool http2, Action? served = null)
    {
        var app = Application.Create(http2 ? HttpProtocols.Http2 : HttpProtocols.Http1, listen => listen.UseHttps(certificate));
        app.Run(async context =>
        {
            served?.Invoke();
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync($"{context.Request.Protocol} {await reader.ReadToEndAsync()}");
        });
        await app.StartAsync();
        return app;
    }

    // Made a moment ago and by ourselves: no authority knows it, and it must be one of the names above.
    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is { Subject: "CN=localhost" or "CN=first.example.org" or "CN=second.example.org" };

    private static async Task<string> SubjectAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port).InTime();
        await using var tls = new SslStream(client.GetStream(), false, IsOurs);
        await tls.AuthenticateAsClientAsync("localhost").InTime();
        return tls.RemoteCertificate!.Subject;
    }
}
