using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Router.Http;

namespace Router.Configuration;

/// <summary>Converts the section <c>Router</c> into <see cref="RouterSettings"/>, and records the errors of each value.</summary>
public static class SettingsReader
{
    /// <summary>The configuration section of all Router settings.</summary>
    public const string Section = "Router";

    /// <summary>Reads all settings. Use the result only if <paramref name="errors"/> remains empty.</summary>
    public static RouterSettings Read(IConfiguration configuration, ValidationErrors errors)
    {
        var root = new ConfigurationReader(configuration.GetSection(Section), ConfigurationVariables.From(configuration), errors);
        foreach (var variable in root.Children("Variables").Where(variable => variable.HoldsSections))
            root.Fault($"Variables:{variable.Name}", "holds sections", "Give the key that it sets, relative to Router, such as Mode");
        var settings = new RouterSettings
        {
            Mode = Mode(root),
            Release = root.Text("Release"),
            Instance = root.Text("Instance") ?? Environment.MachineName,
            Stage = root.Text("Stage"),
            ApplicationName = root.Text("ApplicationName") ?? "router",
            AccessLog = root.Flag("AccessLog", true),
            Limits = Limits(root.Child("Limits")),
            ModeStore = ModeStoreReader.Read(root.Child("ModeStore")),
            Management = ManagementReader.Read(root.Child("Management")),
            AssetGrace = AssetGrace(root),
            BypassCookieDomain = CookieDomain(root),
            Pages = PagesReader.Read(root.Child("Pages")),
            Backends = [.. root.Children("Backends").Select(Backend)],
            TrustedProxies = Ranges(root, "TrustedProxies", root.List("TrustedProxies")),
            TrustedProxyLists = [.. root.Children("TrustedProxyLists").Select(ProxyList)],
            RequestHeaders = RequestHeaders(root.Child("RequestHeaders")),
            ResponseHeaders = [.. root.Children("ResponseHeaders").Select(ResponseHeaders)],
            ErrorPages = [.. root.Children("ErrorPages").Select(ErrorPage)],
            Compression = Compression(root.Child("Compression")),
            RateLimiting = root.Flag("RateLimiting", true),
            RateLimits = [.. root.Children("RateLimits").Select(RateLimit)],
            AllowLists = [.. root.Children("AllowLists").Select(list => AllowList(root.Child("AllowLists"), list.Name))],
            Hosts = [.. root.Children("Hosts").Select(Host)],
        };
        root.RefuseUnknownKeys();
        return settings;
    }

    // A variable that is set but empty is most likely a mistyped name in a template: it must not open the site.
    private static string Mode(ConfigurationReader root)
    {
        if (root.Text("Mode") is { } mode)
            return mode;
        if (root.Has("Mode"))
            root.Fault("Mode", "is empty", "Choose a mode, or remove the setting for live");
        return "live";
    }

    private static string? CookieDomain(ConfigurationReader root)
    {
        var domain = root.Text("BypassCookieDomain")?.TrimStart('.');
        if (domain is not null && (Uri.CheckHostName(domain) != UriHostNameType.Dns || !domain.Contains('.', StringComparison.Ordinal)))
            root.Fault(
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

    private static LimitSettings Limits(ConfigurationReader reader)
    {
        var limits = new LimitSettings
        {
            MaxConnections = reader.Text("MaxConnections") is null ? null : reader.Number("MaxConnections", 1, 1, int.MaxValue),
            MaxHeaderFields = reader.Number("MaxHeaderFields", 100, 1, 10_000),
            MaxHeaderSize = Bytes("MaxHeaderSize", 32 << 10),
            MaxRequestLine = Bytes("MaxRequestLine", 8 << 10),
            HeaderTimeout = reader.Duration("HeaderTimeout", TimeSpan.FromSeconds(30)),
            KeepAliveTimeout = reader.Duration("KeepAliveTimeout", TimeSpan.FromSeconds(130)),
            MinDataRate = reader.Number("MinDataRate", 240, 0, 1_000_000_000),
            ResponseGrace = ResponseGrace(),
        };
        reader.RefuseUnknownKeys();
        return limits;

        // The server checks its connections once a second and accepts no shorter grace period.
        TimeSpan ResponseGrace()
        {
            var grace = reader.Duration("ResponseGrace", TimeSpan.FromSeconds(60));
            if (grace > TimeSpan.FromSeconds(1))
                return grace;
            reader.Fault("ResponseGrace", $"is {grace.TotalSeconds} s", "Give more than 1s, such as 60s");
            return TimeSpan.FromSeconds(60);
        }

        int Bytes(string key, int otherwise)
        {
            if (reader.Size(key) is not { } size)
                return otherwise;
            if (size is >= 64 and <= 16 << 20)
                return (int)size;
            reader.Fault(key, $"is {size} bytes", "Give from 64 bytes to 16MiB");
            return otherwise;
        }
    }

    private static BackendSettings Backend(ConfigurationReader reader)
    {
        var responseTimeout = reader.Duration("ResponseTimeout", TimeSpan.FromSeconds(60));
        var addresses = Addresses(reader);
        var backend = new BackendSettings
        {
            Name = reader.Name,
            Kind = reader.Choice<BackendKind>("Kind") ?? Missing(reader),
            Addresses = addresses,
            Http2 = reader.Flag("Http2", false),
            CertificateAuthorities = CertificateAuthorities.Read(reader, "CertificateAuthorities") is { } path
                ? new AuthorityFile(path, FileStamp.Of(path))
                : null,
            ClientCertificate = ClientCertificateFiles.Read(reader, addresses),
            BasicAuthentication = BasicAuthentication(reader),
            ConnectTimeout = reader.Duration("ConnectTimeout", TimeSpan.FromSeconds(1)),
            ResponseTimeout = responseTimeout,
            WriteSettleTime = reader.DurationOrZero("WriteSettleTime", responseTimeout),
            IdleTimeout = reader.DurationOrOff("IdleTimeout", TimeSpan.FromSeconds(60)),
            RequestTimeout = reader.DurationOrOff("RequestTimeout", null),
            DnsRefresh = reader.Duration("DnsRefresh", TimeSpan.FromSeconds(10)),
            BreakerFailures = reader.Number("BreakerFailures", 5, 1, 1000),
            BreakerDuration = reader.Duration("BreakerDuration", TimeSpan.FromMilliseconds(500)),
            MaxConcurrentRequests = reader.Number("MaxConcurrentRequests", 4096, 1, 1_000_000),
            MaxQueuedRequests = reader.Number("MaxQueuedRequests", 1024, 0, 1_000_000),
            QueueTimeout = reader.Duration("QueueTimeout", TimeSpan.FromSeconds(5)),
            ProbePath = ProbePath(reader),
            ProbeInterval = reader.Duration("ProbeInterval", TimeSpan.FromSeconds(5)),
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

    private static BackendAddresses Addresses(ConfigurationReader reader)
    {
        const string cure = "Give scheme, host and port only, such as http://api.internal:8080; separate several with commas";
        var texts = reader.List("Address");
        if (texts is [])
            reader.Fault("Address", "is not set", cure);
        var addresses = texts.Select(text => Address(reader, text, cure)).OfType<Uri>().ToImmutableArray();
        if (addresses.Select(address => address.Scheme).Distinct().Count() > 1)
            reader.Fault("Address", "mixes http and https", "Give all addresses of a backend the same scheme");
        return new BackendAddresses(addresses);
    }

    private static Uri? Address(ConfigurationReader reader, string text, string cure)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host is "")
            reader.Fault("Address", $"'{text}' is not an http or https address", cure);
        else if (address.UserInfo is not "")
            // The text is not part of the message: it contains a password.
            reader.Fault("Address", "holds a user name", "Put user:password as base64 under BasicAuthentication");
        else if (address.PathAndQuery is not "/" || address.Fragment is not "")
            reader.Fault("Address", $"'{text}' has a path, which Router does not put before the client's own", cure);
        else
            return address;
        return null;
    }

    private static string? ProbePath(ConfigurationReader reader)
    {
        var path = reader.Text("ProbePath");
        if (path is not null && (!path.StartsWith('/') || path.AsSpan().ContainsAnyExceptInRange('!', '~')))
            reader.Fault("ProbePath", $"'{path}' is not a path", "Give a path such as /_status");
        return path;
    }

    private static string? BasicAuthentication(ConfigurationReader reader)
    {
        const string cure = "Create it with: printf %s user:password | base64";
        if (reader.Text("BasicAuthentication") is not { } text)
        {
            // A key that is present is intended: without the credentials the backend would reject every visitor.
            if (reader.Has("BasicAuthentication"))
                reader.Fault("BasicAuthentication", "is empty", cure);
            return null;
        }

        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || !bytes.AsSpan(0, length).Contains((byte)':'))
            reader.Fault("BasicAuthentication", "is not the base64 of user:password", cure);
        return text;
    }

    private static AllowListSettings AllowList(ConfigurationReader lists, string name)
    {
        var entries = lists.List(name);
        if (entries is [])
            lists.Fault(
                name,
                "is empty",
                "List addresses and ranges, such as 203.0.113.7, 198.51.100.0/24; for everyone write 0.0.0.0/0, ::/0"
            );
        return new AllowListSettings(name, Ranges(lists, name, entries));
    }

    private static ImmutableArray<IPNetwork> Ranges(ConfigurationReader reader, string key, ImmutableArray<string> entries)
    {
        var ranges = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var entry in entries)
        {
            if (AddressRange.TryParse(entry, out var range))
                ranges.Add(range);
            else
                reader.Fault(
                    key,
                    $"'{entry}' is neither an address nor a range",
                    "Write 203.0.113.7, 198.51.100.0/24, 2001:db8::1 or 2001:db8::/32"
                );
        }

        return ranges.ToImmutable();
    }

    private static CompressionPolicy Compression(ConfigurationReader reader)
    {
        var (enabled, personal) = (reader.Flag("Enabled", true), reader.Flag("Personal", false));
        reader.RefuseUnknownKeys();
        return !enabled ? CompressionPolicy.Off
            : personal ? CompressionPolicy.Personal
            : CompressionPolicy.On;
    }

    private static TrustedProxyListSettings ProxyList(ConfigurationReader reader)
    {
        var (location, ranges) = ProxySource(reader);
        var list = new TrustedProxyListSettings
        {
            Name = reader.Name,
            Ranges = ranges,
            Location = location,
            Service = reader.Text("Service"),
            Refresh = reader.Duration("Refresh", TimeSpan.FromHours(1)),
        };
        reader.RefuseUnknownKeys();
        return list;
    }

    private static (Uri? Location, ImmutableArray<IPNetwork> Ranges) ProxySource(ConfigurationReader reader)
    {
        const string cure = "Give ranges, a file, or an address such as https://ip-ranges.example.org/ranges.json";
        if (reader.Text("Source") is { } text && text.Contains("://", StringComparison.Ordinal))
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Host is not "")
                return (address, []);
            reader.Fault("Source", $"'{text}' is not an http or https address", cure);
            return (null, []);
        }

        var entries = reader.List("Source");
        if (entries is not [var only] || AddressRange.TryParse(only, out _))
            return (null, Ranges(reader, "Source", entries));
        if (File.Exists(only))
            return (new Uri(Path.GetFullPath(only)), []);
        reader.Fault("Source", $"'{only}' is neither a range, nor an http or https address, nor an existing file", cure);
        return (null, []);
    }

    private static RateLimitSettings RateLimit(ConfigurationReader reader)
    {
        if (reader.Text("Rate") is null)
            reader.Fault("Rate", "is not set", "Give requests per second, such as 3 or 0.5");
        if (reader.Name.Equals(RuleSettings.None, StringComparison.OrdinalIgnoreCase))
            reader.Fault(
                "Rate",
                $"belongs to a rate limit with the reserved name {RuleSettings.None}",
                "Choose another name: in a rule it means no limit"
            );
        var limit = new RateLimitSettings
        {
            Name = reader.Name,
            Rate = reader.Fraction("Rate", 1, 0.001, 1_000_000),
            Burst = reader.Number("Burst", 0, 0, 1_000_000),
            Methods = reader.List("Methods"),
            RetryAfter = reader.Duration("RetryAfter", TimeSpan.FromSeconds(300)),
        };
        reader.RefuseUnknownKeys();
        return limit;
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
        var path = new PathSettings(
            reader.Name,
            reader,
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

    private static RuleSettings Rule(ConfigurationReader reader) =>
        new()
        {
            Backend = reader.Text("Backend"),
            AllowList = reader.Text("AllowList"),
            Refuse = reader.Flag("Refuse", false),
            File = reader.Text("File"),
            InEveryMode = reader.Flag("InEveryMode", false),
            MaxRequestBody = reader.Size("MaxRequestBody"),
            Authenticate = reader.Has("Authenticate") ? reader.Flag("Authenticate", true) : null,
            HttpsRedirects = reader.Has("HttpsRedirects") ? reader.Flag("HttpsRedirects", false) : null,
            Compression = reader.Choice<CompressionPolicy>("Compression"),
            RateLimits = reader.List("RateLimits"),
            ResponseHeaders = reader.List("ResponseHeaders"),
            ErrorPage = reader.Text("ErrorPage"),
            PageTemplate = reader.Text("PageTemplate"),
            Static = reader.Has("Static") ? reader.Flag("Static", false) : null,
        };

    private static RequestHeaderSettings RequestHeaders(ConfigurationReader reader)
    {
        var settings = new RequestHeaderSettings(FieldNames(reader, "Remove"), reader.Text("ForwardedProto"), reader.Text("SamplingTrust"));
        if (settings.ForwardedProto is not (null or "http" or "https"))
            reader.Fault(
                "ForwardedProto",
                $"is '{settings.ForwardedProto}'",
                "Write http or https, or leave it out for what the client used"
            );
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static ResponseHeaderSettings ResponseHeaders(ConfigurationReader reader)
    {
        var add = reader.Child("Add").Texts().ToImmutableArray();
        foreach (var (name, value) in add)
        {
            if (!IsFieldName(name))
                reader.Fault("Add", $"'{name}' is not a header name", "Use letters, digits and hyphens");
            if (FramingHeaders.Contains(name))
            {
                const string Why = "belongs to the connection or to the framing of the message, which Router writes itself";
                reader.Fault($"Add:{name}", Why, "Remove this header from Add");
            }

            if (value.Any(c => c is < ' ' or > '~'))
                reader.Fault(
                    $"Add:{name}",
                    "has characters that a header value must not contain",
                    "Use visible ASCII and spaces, on one line"
                );
        }

        var settings = new ResponseHeaderSettings(
            reader.Name,
            reader,
            FieldNames(reader, "Remove"),
            add,
            Statuses(reader, "OnStatus", 200, "a status code")
        );
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static ErrorPageSettings ErrorPage(ConfigurationReader reader)
    {
        var settings = new ErrorPageSettings(
            // A page has content, which a 204, 205 or 304 cannot have, and in place of a success or a redirect it would hide what happened.
            reader.Name,
            reader,
            Statuses(reader, "OnStatus", 400, "the status code of an error"),
            reader.RequiredText("Backend", "Name the backend that has the page"),
            reader.RequiredText("Path", "Give the page's path, such as /404")
        );
        if (reader.List("OnStatus") is [])
            reader.Fault("OnStatus", "is not set", "List status codes, such as 403, 404");
        if (settings.Path is not "" && (!settings.Path.StartsWith('/') || settings.Path.AsSpan().ContainsAnyExceptInRange('!', '~')))
            reader.Fault("Path", $"'{settings.Path}' is not a path", "Give a path such as /404");
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static ImmutableArray<string> FieldNames(ConfigurationReader reader, string key)
    {
        var names = reader.List(key);
        foreach (var name in names.Where(name => !IsFieldName(name)))
            reader.Fault(key, $"'{name}' is not a header name", "Use letters, digits and hyphens");
        return names;
    }

    private static bool IsFieldName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static ImmutableArray<int> Statuses(ConfigurationReader reader, string key, int least, string what)
    {
        var statuses = ImmutableArray.CreateBuilder<int>();
        foreach (var text in reader.List(key))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status >= least && status <= 599)
                statuses.Add(status);
            else
                reader.Fault(key, $"'{text}' is not {what}", $"List codes from {least} to 599");
        }

        return statuses.ToImmutable();
    }
}
