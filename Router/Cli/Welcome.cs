using Router.Configuration;
using Router.Management;
using Router.Modes;
using Router.Samples;
using Router.Serving;

namespace Router.Cli;

/// <summary>The message after startup: one line of the log, and at most ten lines of 80 columns for newcomers when samples run.</summary>
public static partial class Welcome
{
    private const int Width = 80;
    private const string Run = "dotnet run --project Router";

    /// <summary>Prints the message.</summary>
    /// <param name="app">The running application.</param>
    /// <param name="isOnTerminal">Whether the log and the output are read on one terminal: then nothing is said twice.</param>
    /// <param name="output">Receives the lines for newcomers.</param>
    public static void Write(WebApplication app, bool isOnTerminal, TextWriter output)
    {
        var state = app.Services.GetRequiredService<ModeController>().State;
        var mode = state.Mode;
        var isFirstRun = app.Services.GetService<SampleSite>() is not null;
        if (!isFirstRun || !isOnTerminal)
        {
            var routes = app.Services.GetRequiredService<CurrentSite>().Current.Table.Routes.Length;
            var urls = string.Join(", ", app.Urls);
            if (IsWaiting(state))
                LogWaiting(app.Logger, urls, routes);
            else
                LogStarted(app.Logger, urls, mode.Name, mode.Summary, routes);
        }

        if (!isFirstRun)
            return;
        foreach (var line in Lines(app, state))
            output.WriteLine(line);
    }

    // Closed until it has read the mode: to name the closed mode as the site's would be misleading.
    private static bool IsWaiting(ModeState state) => state.IsLapsed || state.Record.Version.IsUnknown;

    private static IEnumerable<string> Lines(WebApplication app, ModeState state)
    {
        var site = new Uri(LocalAddress.Of(app.Urls.First())!);
        yield return IsWaiting(state)
            ? $"Router serves port {site.Port}, and is closed until it has read the mode."
            : $"Router serves port {site.Port} in mode {state.Mode.Name}.";
        yield return "No backend has an address, so sample applications respond. Try:";
        yield return $"  curl -i {site.Scheme}://www.localhost:{site.Port}/";
        yield return $"  curl -i {site.Scheme}://api.localhost:{site.Port}/";
        yield return $"  curl -N \"{site.Scheme}://api.localhost:{site.Port}/slow?seconds=30\"";
        foreach (var line in ManagementLines(app.Services))
            yield return line;
        yield return $"See the routes with {Run} -- check. Stop with Ctrl+C.";
    }

    private static IEnumerable<string> ManagementLines(IServiceProvider services)
    {
        if (services.GetRequiredService<ManagementServer>().Url is not { } url)
        {
            var wanted = services.GetRequiredService<ManagementSettings>().Url;
            yield return wanted is null
                ? "Router:Management:Url is empty, so nobody can switch the mode."
                : $"Management can't listen on {wanted}. Give it another port:";
            if (wanted is not null)
                yield return $"  Router__Management__Url=http://127.0.0.1:9901 {Run}";
            yield break;
        }

        if (services.GetRequiredService<ManagementSettings>().HasPage)
            yield return $"The operator's page: {LocalAddress.Of(url)}/";
        var option = url == ManagementSettings.DefaultUrl ? "" : $" --url {LocalAddress.Of(url)}";
        const string set = $"  {Run} -- mode set recovery";
        yield return "Switch the mode from another terminal, and see what is in flight:";
        if (set.Length + option.Length <= Width)
        {
            yield return set + option;
            yield return $"  {Run} -- mode{option}";
        }
        else
        {
            yield return set + " \\";
            yield return $"   {option}";
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Router listens on {Urls} and is closed until it has read the mode and reported to the mode store. Routes: {Routes}."
    )]
    private static partial void LogWaiting(ILogger logger, string urls, int routes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Router listens on {Urls} in mode {Mode}: {Summary}. Routes: {Routes}.")]
    private static partial void LogStarted(ILogger logger, string urls, string mode, string summary, int routes);
}
