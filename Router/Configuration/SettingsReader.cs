using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>Turns the section <c>Router</c> into <see cref="RouterSettings"/>, and notes what is wrong with each value.</summary>
public static class SettingsReader
{
    /// <summary>The configuration section that everything of Router's stands in.</summary>
    public const string Section = "Router";

    /// <summary>Reads it all. The result is to be used only where <paramref name="faults"/> stays empty.</summary>
    public static RouterSettings Read(IConfiguration configuration, Faults faults)
    {
        var root = new ConfigurationReader(configuration.GetSection(Section), ConfigurationVariables.From(configuration), faults);
        root.Child("Variables");
        var settings = new RouterSettings
        {
            Mode = Mode(root),
            Release = root.Text("Release"),
            Instance = root.Text("Instance") ?? Environment.MachineName,
            Stage = root.Text("Stage"),
            ApplicationName = root.Text("ApplicationName") ?? "router",
            Backends = [.. root.Children("Backends").Select(Backend)],
            AllowLists = [.. root.Children("AllowLists").Select(list => AllowList(root.Child("AllowLists"), list.Name))],
            Hosts = [.. root.Children("Hosts").Select(Host)],
        };
        root.RefuseUnknownKeys();
        return settings;
    }

    // A variable that is there but empty is most likely a name mistyped in a template: it must not open the site.
    private static string Mode(ConfigurationReader root)
    {
        if (root.Text("Mode") is { } mode)
            return mode;
        if (root.Has("Mode"))
            root.Fault("Mode", "is empty", "Choose a mode, or take the setting away for live");
        return "live";
    }

    private static BackendSettings Backend(ConfigurationReader reader)
    {
        var backend = new BackendSettings
        {
            Name = reader.Name,
            Kind = reader.Choice<BackendKind>("Kind") ?? Missing(reader),
            Address = Address(reader),
            BasicAuthentication = BasicAuthentication(reader),
            ConnectTimeout = reader.Duration("ConnectTimeout", TimeSpan.FromSeconds(1)),
            ResponseTimeout = reader.Duration("ResponseTimeout", TimeSpan.FromSeconds(60)),
        };
        reader.RefuseUnknownKeys();
        return backend;
    }

    private static BackendKind Missing(ConfigurationReader reader)
    {
        if (reader.Text("Kind") is null)
            reader.Fault("Kind", "is not set", $"Choose one of {string.Join(", ", Enum.GetNames<BackendKind>())}");
        return BackendKind.Frontend;
    }

    private static Uri Address(ConfigurationReader reader)
    {
        const string cure = "Give scheme, host and port alone, such as http://api.internal:8080";
        var nowhere = new Uri("http://invalid");
        var text = reader.RequiredText("Address", cure);
        if (text is "")
            return nowhere;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host is "")
            reader.Fault("Address", $"'{text}' is not an http or https address", cure);
        else if (address.UserInfo is not "")
            // The text stays out of the message: it holds a password.
            reader.Fault("Address", "holds a user name", "Put user:password as base64 under BasicAuthentication");
        else if (address.PathAndQuery is not "/" || address.Fragment is not "")
            reader.Fault("Address", $"'{text}' has a path", "The client's path goes on as it came: " + cure);
        else
            return address;
        return nowhere;
    }

    private static string? BasicAuthentication(ConfigurationReader reader)
    {
        var text = reader.Text("BasicAuthentication");
        if (text is null)
            return null;
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || !bytes.AsSpan(0, length).Contains((byte)':'))
            reader.Fault("BasicAuthentication", "is not the base64 of user:password", "Make it with: printf %s user:password | base64");
        return text;
    }

    private static AllowListSettings AllowList(ConfigurationReader lists, string name)
    {
        var ranges = ImmutableArray.CreateBuilder<IPNetwork>();
        var entries = lists.List(name);
        if (entries is [])
            lists.Fault(name, "is empty", "List addresses and ranges, such as 203.0.113.7, 198.51.100.0/24; for everyone write 0.0.0.0/0, ::/0");
        foreach (var entry in entries)
        {
            if (AddressRange.TryParse(entry, out var range))
                ranges.Add(range);
            else
                lists.Fault(name, $"'{entry}' is neither an address nor a range", "Write 203.0.113.7, 198.51.100.0/24, 2001:db8::1 or 2001:db8::/32");
        }

        return new AllowListSettings(name, ranges.ToImmutable());
    }

    private static HostSettings Host(ConfigurationReader reader)
    {
        var host = new HostSettings
        {
            Name = reader.Name,
            Source = reader,
            Match = Patterns(reader, "www.example.org, www.*, *.example.org or *"),
            Rule = Rule(reader),
            Paths = [.. reader.Children("Paths").Select(PathRule)],
        };
        reader.RefuseUnknownKeys();
        return host;
    }

    private static PathSettings PathRule(ConfigurationReader reader)
    {
        var path = new PathSettings(reader.Name, reader, Patterns(reader, "/admin, =/favicon.ico, /*/documents/ or **/_metrics"), Rule(reader));
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

    private static RuleSettings Rule(ConfigurationReader reader) =>
        new(reader.Text("Backend"), reader.Text("AllowList"), reader.Flag("Refuse", false));
}
