using Router.Configuration;
using Router.Management;
using Router.Modes;
using Router.Samples;
using Router.Serving;

namespace Router.Cli;

/// <summary>The message after startup: one line in production, and a few for newcomers when samples run.</summary>
public static partial class Welcome
{
    /// <summary>Prints the message.</summary>
    public static void Write(WebApplication app, TextWriter output)
    {
        var site = app.Services.GetRequiredService<CurrentSite>().Current;
        var mode = app.Services.GetRequiredService<ModeController>().Current;
        LogStarted(app.Logger, string.Join(", ", app.Urls), mode.Name, mode.Summary, site.Table.Routes.Length);
        if (app.Services.GetService<SampleSite>() is null)
            return;

        var port = app
            .Urls.Select(url =>
                new Uri(url.Replace("*", "localhost", StringComparison.Ordinal).Replace("[::]", "localhost", StringComparison.Ordinal)).Port
            )
            .First();
        output.WriteLine();
        output.WriteLine($"Router is in mode {mode.Name}: {mode.Summary}.");
        output.WriteLine("No backend has an address, so sample applications stand behind the table:");
        output.WriteLine();
        TableReport.Write(site.Table, site.Admission, output);
        output.WriteLine();
        output.WriteLine("Try, here or in a browser:");
        foreach (
            var host in site.Table.Routes.Where(route => route.PathText is null && route.HostText.EndsWith(".*", StringComparison.Ordinal))
        )
            output.WriteLine($"  curl -i http://{host.HostText[..^2]}.localhost:{port}/");
        output.WriteLine($"  curl -i http://elsewhere.localhost:{port}/");
        output.WriteLine($"  curl -i http://localhost:{port}/_status");
        output.WriteLine($"  curl -i http://localhost:{port}/_metrics");
        output.WriteLine();
        if (app.Services.GetRequiredService<ManagementServer>().Url is { } management)
            output.WriteLine(
                $"To change the mode, in another terminal: dotnet run --project Router -- mode set recovery{(management == ManagementSettings.DefaultUrl ? "" : $" --url {LocalAddress.Of(management)}")}   (or {ModeCatalogue.Names})"
            );
        output.WriteLine("Stop with Ctrl+C.");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Router listens on {Urls} in mode {Mode}: {Summary}. Routes: {Routes}.")]
    private static partial void LogStarted(ILogger logger, string urls, string mode, string summary, int routes);
}
