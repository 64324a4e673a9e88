using Router.Configuration;

namespace Router.Serving;

/// <summary>How Router is started: what the command line says, and what a test puts in its place.</summary>
public sealed record StartOptions
{
    /// <summary>Where to listen, in the form of <c>ASPNETCORE_URLS</c>; null for what the environment says.</summary>
    public string? Urls { get; init; }

    /// <summary>A configuration file in place of <c>appsettings.json</c>; null for that.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>
    /// Where the access log goes; null for standard output. Whoever gives a stream keeps it: it is written to from one thread,
    /// in whole lines, until the application has stopped, and is not closed.
    /// </summary>
    public Stream? AccessLog { get; init; }

    /// <summary>Where Router's own log goes; null for standard error.</summary>
    public Stream? Log { get; init; }

    /// <summary>The listener for operators in place of what the configuration says; null for that.</summary>
    public ManagementSettings? Management { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// The environment's name. Not said: Production, but Development where Router runs from a build of its source,
    /// so that a newcomer's <c>dotnet run</c> shows something.
    /// </summary>
    public string EnvironmentName =>
        Said("ASPNETCORE_ENVIRONMENT")
        ?? Said("DOTNET_ENVIRONMENT")
        ?? (Source.ProjectDirectory is null ? Environments.Production : Environments.Development);

    /// <summary>
    /// Where <c>appsettings.json </c> stands: beside the source when run from a build of it, so that an edit is seen; else beside the
    /// application.
    /// </summary>
    public static string ConfigurationDirectory => Source.ProjectDirectory ?? AppContext.BaseDirectory;

    /// <summary>What names the addresses to listen on: the option or the variable that is to be changed for others.</summary>
    public string ListenKey =>
        Urls is { Length: > 0 } ? "--urls"
        : Said("ASPNETCORE_URLS") is not null ? "ASPNETCORE_URLS"
        : Said("PORT") is not null ? "PORT"
        : "--urls";

    /// <summary>The addresses to listen on; a fault where they can't be.</summary>
    public string ListenUrls(ValidationErrors errors)
    {
        if (Urls is { Length: > 0 })
            return Checked("--urls", Urls, errors);
        if (Environment("ASPNETCORE_URLS") is { Length: > 0 } urls)
            return Checked("ASPNETCORE_URLS", urls, errors);
        if (Environment("PORT") is not { Length: > 0 } port)
            return "http://*:8080";
        if (!ushort.TryParse(port, out _))
            errors.Add("PORT", $"is '{port}'", "Give a port number from 0 to 65535");
        return $"http://*:{port}";
    }

    private string? Said(string variable) => Environment(variable) is { Length: > 0 } text ? text : null;

    private static string Checked(string key, string urls, ValidationErrors errors)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!ListenAddress.IsValid(url))
                errors.Add(
                    key,
                    $"'{url}' is not an address to listen on",
                    "Give scheme, host and port, such as http://*:8080 or http://127.0.0.1:8080"
                );
        }

        return urls;
    }

    private static class Source
    {
        /// <summary>The project's directory where this runs from <c>bin/CONFIGURATION/FRAMEWORK</c> below it; else null.</summary>
        public static string? ProjectDirectory { get; } = Find();

        private static string? Find()
        {
            var directory = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));
            return File.Exists(Path.Combine(directory, "Router.csproj")) ? directory : null;
        }
    }
}
