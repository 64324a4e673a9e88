using System.Collections.Concurrent;
using System.Globalization;

namespace Router.Tests.Forwarding;

public sealed class NginxTests : IDisposable
{
    private static readonly int Requests = Seed.Cases(4_000);

    private readonly string _directory = Directory.CreateTempSubdirectory("router-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [ProgramTheory("nginx", "nginx-light")]
    [InlineData("GET", "/", true)]
    [InlineData("POST", "/", false)]
    [InlineData("POST", "/", true)]
    [InlineData("POST", "/app/", true)]
    public async Task Behind_an_nginx_that_ends_each_HTTP2_connection_after_fifty_requests_each_is_processed_once(
        string method,
        string path,
        bool tls
    )
    {
        using var certificate = Certificates.Of("localhost");
        var files = certificate.Write(_directory, "site");
        await using var application = WireMockBackend.RespondingText("ok");
        await using var nginx = await NginxServer.StartAsync(application.Address, tls ? files : null);
        var statuses = new ConcurrentDictionary<int, int>();
        var failures = new List<string>();
        var address = tls ? $"https://localhost:{nginx.Port}" : $"http://127.0.0.1:{nginx.Port}";
        await using (
            var router = await RunningRouter.StartAsync(
                SiteFile
                    .Of("www.*", address)
                    .Set("Backends:www:Http2", "true")
                    .Set("Backends:www:CertificateAuthorities", files.Certificate)
                    .Set("Backends:www:ConnectTimeout", "10s")
            )
        )
        {
            await Parallel.ForAsync(
                0,
                Requests,
                new ParallelOptions { MaxDegreeOfParallelism = 64 },
                async (id, _) =>
                {
                    var body = method == "POST" ? new StringContent(id.ToString(CultureInfo.InvariantCulture)) : null;
                    var reply = await router.SendAsync(method, $"http://www.example.org{path}{id}", body);
                    statuses.AddOrUpdate(reply.Status, 1, (_, count) => count + 1);
                }
            );
            for (var id = 0; id < Requests; id++)
            {
                var line = await router.AccessLog.NextAsync();
                if (line.Number("status") != "200")
                    failures.Add(line.ToJsonString());
            }
        }

        failures.Should().BeEmpty();
        statuses.Should().Equal(new Dictionary<int, int> { [200] = Requests });
        var ids = Enumerable.Range(0, Requests).ToArray();
        (await nginx.StopAsync()).Order().Should().Equal(ids.Select(id => $"{path}{id} 200").Order());
        if (path == "/app/")
            application
                .Requests.Select(request => $"{request.Target} {request.Body}")
                .Order()
                .Should()
                .Equal(ids.Select(id => $"{path}{id} {id}").Order());
    }
}
