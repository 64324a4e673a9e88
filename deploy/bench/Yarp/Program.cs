using Yarp.ReverseProxy.Configuration;

// yarp URL BACKEND [--inline]: YARP as it comes, with everything forwarded to one backend.
// Inline, together with DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1, is all that the runtime offers to save changes of thread.
var url = args[0];
var backend = args[1];
var inline = args.Contains("--inline");

var builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(url);
if (inline)
{
    builder.WebHost.UseSockets(options => options.UnsafePreferInlineScheduling = true);
}

builder
    .Services.AddReverseProxy()
    .LoadFromMemory(
        [
            new RouteConfig
            {
                RouteId = "all",
                ClusterId = "backend",
                Match = new RouteMatch { Path = "{**all}" },
            },
        ],
        [
            new ClusterConfig
            {
                ClusterId = "backend",
                Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = backend } },
                HttpClient = new HttpClientConfig { DangerousAcceptAnyServerCertificate = true },
            },
        ]
    );

var application = builder.Build();
application.MapReverseProxy();
await application.RunAsync();
