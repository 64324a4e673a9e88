using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Router.Hosting;
using Router.Serving;

namespace Router.Tests.Harness;

/// <summary>The real application with an endpoint from the server's own section of the configuration: HTTP/2, TLS.</summary>
internal sealed class ListeningRouter : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string _file;

    private ListeningRouter(WebApplication app, AccessLogLines accessLog, string directory, string file)
    {
        (App, AccessLog, _directory, _file) = (app, accessLog, directory, file);
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(Log);
    }

    public WebApplication App { get; }

    public LogLines Log { get; } = new();

    public AccessLogLines AccessLog { get; }

    public int Port { get; private set; }

    public Site Site => App.Services.GetRequiredService<CurrentSite>().Current;

    /// <summary>Starts it; with a certificate it listens with TLS.</summary>
    public static async Task<ListeningRouter> StartAsync(
        SiteFile site,
        string protocols,
        (string Certificate, string Key)? files = null,
        TimeProvider? time = null
    )
    {
        var directory = Directory.CreateTempSubdirectory("router-test-").FullName;
        var endpoint = new JsonObject { ["Url"] = files is null ? "http://127.0.0.1:0" : "https://127.0.0.1:0", ["Protocols"] = protocols };
        if (files is { } certificate)
            endpoint["Certificate"] = new JsonObject { ["Path"] = certificate.Certificate, ["KeyPath"] = certificate.Key };
        var json = JsonNode.Parse(site.ToString())!;
        json["Kestrel"] = new JsonObject { ["Endpoints"] = new JsonObject { ["public"] = endpoint } };
        var file = Path.Combine(directory, "site.json");
        await File.WriteAllTextAsync(file, json.ToJsonString());
        var accessLog = new AccessLogLines();
        var app = await RouterApplication.BuildAsync(RunningRouter.Options(file, time) with { AccessLog = accessLog });
        var router = new ListeningRouter(app, accessLog, directory, file);
        await app.StartAsync();
        router.Port = new Uri(app.Urls.Single()).Port;
        return router;
    }

    /// <summary>Changes its endpoints, or what an endpoint has, in the configuration file.</summary>
    public async Task ChangeAsync(Action<JsonObject> change)
    {
        var site = JsonNode.Parse(await File.ReadAllTextAsync(_file))!;
        change(site["Kestrel"]!["Endpoints"]!.AsObject());
        await File.WriteAllTextAsync(_file + ".new", site.ToJsonString());
        File.Move(_file + ".new", _file, overwrite: true);
    }

    public Task<RawConnection> ConnectAsync() => RawConnection.OpenAsync(new IPEndPoint(IPAddress.Loopback, Port));

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync(new CancellationToken(canceled: true));
        await App.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
