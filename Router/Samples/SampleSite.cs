using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using Router.Configuration;

namespace Router.Samples;

/// <summary>
/// Small applications for a newcomer's first run: one for each configured backend, on loopback ports of their own, so that the real route
/// table forwards to something. Their <c>/slow?seconds=30</c> keeps a request in flight. Only in Development, and only if no backend has an
/// address.
/// </summary>
public sealed class SampleSite : IAsyncDisposable
{
    private const int MaxSeconds = 600;

    private readonly WebApplication _app;

    private SampleSite(WebApplication app) => _app = app;

    /// <summary>Starts the applications and writes their addresses into the configuration; null if any backend has an address.</summary>
    public static async Task<SampleSite?> StartWhereNothingIsConfiguredAsync(
        IConfigurationManager configuration,
        IHostEnvironment environment,
        TimeProvider time
    )
    {
        var section = configuration.GetSection($"{ConfigurationSections.Router}:Backends");
        var backends = section.GetChildren().ToArray();
        if (!environment.IsDevelopment() || backends is [] || backends.Any(backend => backend["Address"] is { Length: > 0 }))
            return null;

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                foreach (var _ in backends)
                    kestrel.Listen(IPAddress.Loopback, 0);
            });
        var app = builder.Build();
        var names = new Dictionary<int, (string Name, bool Api)>();
        app.Run(context => RespondAsync(context, names[context.Connection.LocalPort], time));
        await app.StartAsync().ConfigureAwait(false);

        var values = new Dictionary<string, string?>();
        foreach (var (backend, url) in backends.Zip(app.Urls))
        {
            values[$"{backend.Path}:Address"] = url;
            if (backend["BasicAuthentication"] is "")
                values[$"{backend.Path}:BasicAuthentication"] = Convert.ToBase64String("sample:sample"u8);
            names[new Uri(url).Port] = (
                backend.Key,
                string.Equals(backend["Kind"], nameof(BackendKind.Api), StringComparison.OrdinalIgnoreCase)
            );
        }

        // Allow lists keep strangers out of real applications; the samples have nothing to hide.
        foreach (
            var list in configuration
                .GetSection($"{ConfigurationSections.Router}:AllowLists")
                .GetChildren()
                .Where(list => !list.GetChildren().Any() && list.Value is null or "")
        )
            values[list.Path] = "0.0.0.0/0, ::/0";
        configuration.AddInMemoryCollection(values);
        return new SampleSite(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string Encode(string text) => JavaScriptEncoder.Default.Encode(text);

    private static Task RespondAsync(HttpContext context, (string Name, bool Api) backend, TimeProvider time)
    {
        if (context.Request.Path == "/slow")
            return RespondSlowlyAsync(context, time);
        var (type, body) = (backend.Api, context.Request.Path.Value) switch
        {
            (true, var path) => (
                "application/json",
                $$"""
                {"sample":"{{backend.Name}}","method":"{{Encode(context.Request.Method)}}","path":"{{Encode(path ?? "")}}"}

                """
            ),
            (false, "/static/site.css") => (
                "text/css",
                "body { font: 1.2rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #1a2b4c }\n"
            ),
            (false, var path) => ("text/html; charset=utf-8", Page(backend.Name, path ?? "")),
        };
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body);
    }

    // A line each second, so that no limit on a pause ends the response. The next second starts before its line is written: a client that
    // has the line knows that the time is running.
    private static async Task RespondSlowlyAsync(HttpContext context, TimeProvider time)
    {
        _ = int.TryParse(context.Request.Query["seconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds);
        context.Response.ContentType = "text/plain; charset=utf-8";
        for (var left = Math.Clamp(seconds, 1, MaxSeconds); left > 0; left--)
        {
            var second = Task.Delay(TimeSpan.FromSeconds(1), time, context.RequestAborted);
            await context.Response.WriteAsync($"{left} s left\n", context.RequestAborted).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            await second.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await context.Response.WriteAsync("done\n", context.RequestAborted).ConfigureAwait(false);
    }

    private static string Page(string name, string path) =>
        $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Sample {HtmlEncoder.Default.Encode(
                name
            )}</title><link rel="stylesheet" href="/static/site.css"></head>
            <body><h1>Sample {HtmlEncoder.Default.Encode(name)}</h1><p>You asked for {HtmlEncoder.Default.Encode(path)}.</p></body>
            </html>

            """;
}
