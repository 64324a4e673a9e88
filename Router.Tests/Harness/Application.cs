using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Router.Tests.Harness;

/// <summary>A backend on the framework's server, for what a raw one would have to reimplement: HTTP/2, TLS, WebSockets.</summary>
internal static class Application
{
    public static WebApplication Create(HttpProtocols protocols = HttpProtocols.Http1, Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Listen(
                    IPAddress.Loopback,
                    0,
                    options =>
                    {
                        options.Protocols = protocols;
                        listen?.Invoke(options);
                    }
                );
            });
        return builder.Build();
    }
}
