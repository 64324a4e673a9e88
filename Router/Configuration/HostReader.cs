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
            Rule = RuleSettings.Read(reader),
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
            RuleSettings.Read(reader)
        );
        reader.RefuseUnknownKeys();
        return path;
    }

    private static ImmutableArray<string> Patterns(ConfigurationReader reader, string examples)
    {
        var patterns = reader.List("Match");
        if (patterns is [])
            reader.AddError("Match", "is not set", $"Give one pattern or several, such as {examples}");
        return patterns;
    }
}
