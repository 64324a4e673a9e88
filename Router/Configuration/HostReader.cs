using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>Reads a section of <c>Router:Hosts</c> with its paths.</summary>
public static class HostReader
{
    /// <summary>Reads the section and records the errors.</summary>
    public static HostSettings Read(ConfigurationReader reader)
    {
        var host = new HostSettings
        {
            Name = reader.Name,
            Source = reader.Location,
            Match = Patterns(reader, "www.example.org, www.*, *.example.org or *"),
            Rule = Rule(reader),
            Paths = [.. reader.Children("Paths").Select(PathRule)],
        };
        reader.RefuseUnknownKeys();
        return host;
    }

    private static PathSettings PathRule(ConfigurationReader reader)
    {
        var path = new PathSettings(
            reader.Name,
            reader.Location,
            Patterns(reader, "/admin, =/favicon.ico, /*/documents/ or **/_metrics"),
            Rule(reader)
        );
        reader.RefuseUnknownKeys();
        return path;
    }

    private static ImmutableArray<string> Patterns(ConfigurationReader reader, string examples)
    {
        var patterns = reader.List("Match");
        if (patterns is [])
            reader.Fault("Match", "is not set", $"Give one pattern or several, such as {examples}");
        return patterns;
    }

    private static RuleSettings Rule(ConfigurationReader reader)
    {
        reader.RefuseEmpty("AllowList", "Name an allow list, or write everyone");
        reader.RefuseEmpty("Refuse", "Write true or false, or remove it");
        return new RuleSettings
        {
            Backend = reader.Text("Backend"),
            AllowList = reader.Text("AllowList"),
            Refuse = reader.Flag("Refuse", false),
            File = reader.Text("File"),
            InEveryMode = reader.Flag("InEveryMode", false),
            MaxRequestBody = reader.Size("MaxRequestBody"),
            Authenticate = reader.OptionalFlag("Authenticate"),
            HttpsRedirects = reader.OptionalFlag("HttpsRedirects"),
            Compression = reader.Choice<CompressionPolicy>("Compression"),
            RateLimits = reader.List("RateLimits"),
            ResponseHeaders = reader.List("ResponseHeaders"),
            ErrorPage = reader.Text("ErrorPage"),
            PageTemplate = reader.Text("PageTemplate"),
            Static = reader.OptionalFlag("Static"),
        };
    }
}
