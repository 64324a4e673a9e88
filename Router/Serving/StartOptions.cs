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

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// The environment's name. Not said: Production, but Development where Router runs from a build of its source,
    /// so that a newcomer's <c>dotnet run</c> shows something.
    /// </summary>
    public string EnvironmentName =>
        Environment("ASPNETCORE_ENVIRONMENT") ?? Environment("DOTNET_ENVIRONMENT")
        ?? (Source.ProjectDirectory is null ? Environments.Production : Environments.Development);

    /// <summary>Where <c>appsettings.json</c> stands: beside the source when run from a build of it, so that an edit is seen; else beside the application.</summary>
    public static string ConfigurationDirectory => Source.ProjectDirectory ?? AppContext.BaseDirectory;

    /// <summary>The addresses to listen on; a fault where they can't be.</summary>
    public string ListenUrls(Configuration.Faults faults)
    {
        if ((Urls ?? Environment("ASPNETCORE_URLS")) is { Length: > 0 } urls)
            return urls;
        if (Environment("PORT") is not { Length: > 0 } port)
            return "http://*:8080";
        if (!ushort.TryParse(port, out _))
            faults.Add("PORT", $"is '{port}'", "Give a port number from 0 to 65535");
        return $"http://*:{port}";
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
