using Router.Configuration;

namespace Router.Serving;

/// <summary>How Router is started: the command line's options, and what a test substitutes.</summary>
public sealed record StartOptions
{
    /// <summary>The addresses to listen on, in the format of <c>ASPNETCORE_URLS</c>; null to use the environment's.</summary>
    public string? Urls { get; init; }

    /// <summary>A configuration file to use instead of <c>appsettings.json</c>; null for the default.</summary>
    public string? ConfigurationFile { get; init; }

    public EnvironmentVariables Environment { get; init; } = EnvironmentVariables.OfProcess();

    /// <summary>
    /// The access log's destination; null for standard output. The caller keeps ownership of the stream: it is written to by one thread, in
    /// whole lines, until the application has stopped, and is not closed.
    /// </summary>
    public Stream? AccessLog { get; init; }

    /// <summary>The destination of Router's own log; null for standard error.</summary>
    public Stream? Log { get; init; }

    /// <summary>The management listener, overriding the configuration; null to use the configured one.</summary>
    public ManagementSettings? Management { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether somebody reads the log on a terminal.</summary>
    public bool IsOnTerminal { get; init; } = !Console.IsErrorRedirected;

    /// <summary>
    /// The environment's name. Default: Production, but Development if Router runs from a build of its source, so that a newcomer's
    /// <c>dotnet run</c> shows something.
    /// </summary>
    public string EnvironmentName =>
        Said("ASPNETCORE_ENVIRONMENT")
        ?? Said("DOTNET_ENVIRONMENT")
        ?? (Source.ProjectDirectory is null ? Environments.Production : Environments.Development);

    /// <summary>
    /// The directory of <c>appsettings.json</c>: the source directory when run from a build of it, so that an edit is seen; otherwise the
    /// application's.
    /// </summary>
    public static string ConfigurationDirectory => Source.ProjectDirectory ?? AppContext.BaseDirectory;

    /// <summary>The option or variable that sets the addresses to listen on, for messages.</summary>
    public string ListenKey =>
        Urls is { Length: > 0 } ? "--urls"
        : Said("ASPNETCORE_URLS") is not null ? "ASPNETCORE_URLS"
        : Said("PORT") is not null ? "PORT"
        : "--urls";

    /// <summary>The addresses to listen on; adds a validation error if they are invalid.</summary>
    public string ListenUrls(ValidationErrors errors)
    {
        if (Urls is { Length: > 0 })
            return Checked("--urls", Urls, errors);
        if (Environment["ASPNETCORE_URLS"] is { Length: > 0 } urls)
            return Checked("ASPNETCORE_URLS", urls, errors);
        if (Environment["PORT"] is not { Length: > 0 } port)
            return "http://*:8080";
        if (!ushort.TryParse(port, out _))
            errors.Add("PORT", $"is '{port}'", "Give a port number from 0 to 65535");
        return $"http://*:{port}";
    }

    private string? Said(string variable) => Environment[variable] is { Length: > 0 } text ? text : null;

    private static string Checked(string key, string urls, ValidationErrors errors)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!ListenAddress.IsValid(url))
                errors.Add(key, ListenAddress.Problem(url), ListenAddress.Hint);
        }

        return urls;
    }

    private static class Source
    {
        /// <summary>The project's directory if this runs from <c>bin/CONFIGURATION/FRAMEWORK</c> below it; otherwise null.</summary>
        public static string? ProjectDirectory { get; } = Find();

        private static string? Find()
        {
            var directory = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));
            return File.Exists(Path.Combine(directory, "Router.csproj")) ? directory : null;
        }
    }
}
