namespace Router.Configuration;

/// <summary>Converts the section <c>Router</c> into <see cref="RouterSettings"/>, and records the errors of each value.</summary>
public static class SettingsReader
{
    /// <summary>Reads all settings. Use the result only if <paramref name="errors"/> remains empty.</summary>
    public static RouterSettings Read(IConfiguration configuration, ValidationErrors errors, Action<KnownKey>? asked = null)
    {
        var variables = ConfigurationVariables.From(configuration);
        var root = new ConfigurationReader(configuration.GetSection(ConfigurationSections.Router), variables, errors, asked);
        foreach (var variable in root.Children("Variables").Where(variable => variable.HoldsSections))
            root.AddError($"Variables:{variable.Name}", "holds sections", ConfigurationVariables.KeyHint);
        root.RefuseEmpty("StatusAccess", "Name an allow list, or write everyone, or none for the management interface only");
        var settings = new RouterSettings
        {
            Mode = Mode(root),
            Release = root.Text("Release"),
            Instance = root.Text("Instance") ?? Environment.MachineName,
            Stage = root.Text("Stage"),
            ApplicationName = root.Text("ApplicationName") ?? "router",
            AccessLog = root.Flag("AccessLog", true),
            StatusAccess = root.Text("StatusAccess") ?? RuleSettings.Everyone,
            Limits = LimitsReader.Read(root.Child("Limits")),
            ModeStore = ModeStoreReader.Read(root.Child("ModeStore")),
            Hold = HoldSettings.Read(root.Child("Hold")),
            Management = ManagementReader.Read(root.Child("Management")),
            AssetGrace = AssetGrace(root),
            BypassCookieDomain = CookieDomain(root),
            Pages = PagesReader.Read(root.Child("Pages")),
            Backends = [.. root.Children("Backends").Select(BackendReader.Read)],
            TrustedProxies = AllowListReader.Ranges(root, "TrustedProxies", root.List("TrustedProxies")),
            TrustedProxyLists = [.. root.Children("TrustedProxyLists").Select(TrustedProxyListReader.Read)],
            RequestHeaders = HeaderChangesReader.RequestHeaders(root.Child("RequestHeaders")),
            ResponseHeaders = [.. root.Children("ResponseHeaders").Select(HeaderChangesReader.ResponseHeaders)],
            ErrorPages = [.. root.Children("ErrorPages").Select(ErrorPageReader.Read)],
            Compression = Compression(root.Child("Compression")),
            RateLimiting = root.Flag("RateLimiting", true),
            RateLimits = [.. root.Children("RateLimits").Select(RateLimitReader.Read)],
            AllowLists = [.. root.Children("AllowLists").Select(list => AllowListReader.Read(root.Child("AllowLists"), list.Name))],
            Hosts = [.. root.Children("Hosts").Select(HostReader.Read)],
        };
        root.RefuseUnknownVariables();
        root.RefuseUnknownKeys();
        return settings;
    }

    // A variable that is set but empty is most likely a mistyped name in a template: it must not open the site.
    private static string Mode(ConfigurationReader root)
    {
        if (root.Text("Mode") is { } mode)
            return mode;
        if (root.Has("Mode"))
            root.AddError("Mode", "is empty", "Choose a mode, or remove the setting for live");
        return "live";
    }

    private static string? CookieDomain(ConfigurationReader root)
    {
        var domain = root.FilledText("BypassCookieDomain", "Give a domain, such as example.org, or remove it")?.TrimStart('.');
        if (domain is not null && (Uri.CheckHostName(domain) != UriHostNameType.Dns || !domain.Contains('.', StringComparison.Ordinal)))
            root.AddError(
                "BypassCookieDomain",
                $"'{domain}' is not a domain for which browsers accept cookies",
                "Give the parent domain of the site's hosts, such as example.org"
            );
        return domain;
    }

    private static TimeSpan AssetGrace(ConfigurationReader root) =>
        root.Text("AssetGrace") is "0" or "0s"
            ? TimeSpan.Zero
            : root.DurationOrOff("AssetGrace", TimeSpan.FromSeconds(60)) ?? TimeSpan.Zero;

    private static CompressionPolicy Compression(ConfigurationReader reader)
    {
        var (enabled, personal) = (reader.Flag("Enabled", true), reader.Flag("Personal", false));
        reader.RefuseUnknownKeys();
        return !enabled ? CompressionPolicy.Off
            : personal ? CompressionPolicy.Personal
            : CompressionPolicy.On;
    }
}
