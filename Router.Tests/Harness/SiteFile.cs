using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Router.Configuration;
using Router.Routing;
using Router.Serving;

namespace Router.Tests.Harness;

/// <summary>Writes a configuration file in the words of its own keys.</summary>
internal sealed class SiteFile
{
    private readonly JsonObject _router = [];
    private readonly JsonObject _beside = [];

    /// <summary>One frontend for one host pattern.</summary>
    public static SiteFile Of(string hosts, string address) => new SiteFile().Frontend("www", address).Host(hosts, "www");

    /// <summary>One frontend for one host pattern.</summary>
    public static SiteFile Of(string hosts, RawBackend backend) => Of(hosts, backend.Address);

    /// <summary>One frontend for one host pattern.</summary>
    public static SiteFile Of(string hosts, WireMockBackend backend) => Of(hosts, backend.Address);

    public SiteFile Frontend(string name, string address = "http://frontend.invalid") => Backend(name, "Frontend", address);

    public SiteFile Api(string name, string address = "http://api.invalid") => Backend(name, "Api", address);

    public SiteFile Mode(string mode) => Set("Mode", mode);

    public SiteFile AllowList(string name, string ranges) => Set($"AllowLists:{name}", ranges);

    /// <summary>A host; its name is its pattern.</summary>
    public SiteFile Host(string match, string? backend, string? allowList = null, bool refuse = false) =>
        Rule($"Hosts:{match}", match, backend, allowList, refuse);

    /// <summary>A path rule of a host; its name is its pattern.</summary>
    public SiteFile Path(string host, string match, string? backend = null, string? allowList = null, bool refuse = false) =>
        Rule($"Hosts:{host}:Paths:{match}", match, backend, allowList, refuse);

    /// <summary>Any key below <c>Router</c>.</summary>
    public SiteFile Set(string key, string value)
    {
        var names = key.Split(':');
        var section = _router;
        foreach (var name in names[..^1])
        {
            if (section[name] is not JsonObject below)
                section[name] = below = [];
            section = below;
        }

        section[names[^1]] = value;
        return this;
    }

    /// <summary>Any key that is not below <c>Router</c>.</summary>
    public SiteFile Beside(string key, string value)
    {
        _beside[key] = value;
        return this;
    }

    /// <summary>The table that the file makes, and its errors, without anything being started.</summary>
    public (RouteTable Table, IReadOnlyList<ValidationError> Errors) Read()
    {
        var (_, table, errors) = ReadAll();
        return (table, errors);
    }

    /// <summary>The settings of a file that is as it should be.</summary>
    public RouterSettings ToSettings()
    {
        var (settings, _, errors) = ReadAll();
        errors.Should().BeEmpty();
        return settings;
    }

    /// <summary>The table of a file that is as it should be.</summary>
    public RouteTable ToTable()
    {
        var (table, errors) = Read();
        errors.Should().BeEmpty();
        return table;
    }

    public override string ToString()
    {
        var file = _beside.DeepClone().AsObject();
        var router = _router.DeepClone().AsObject();
        if (router["Management"] is null)
            router["Management"] = new JsonObject { ["Url"] = "" };
        file["Router"] = router;
        return file.ToJsonString();
    }

    private (RouterSettings Settings, RouteTable Table, IReadOnlyList<ValidationError> Errors) ReadAll()
    {
        var errors = new ValidationErrors();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(ToString()));
        var parts = Site.Read(new ConfigurationBuilder().AddJsonStream(stream).Build(), errors);
        return (parts.Settings, parts.Table, errors.All);
    }

    // A second is enough to connect in, but not always on a machine that runs all tests at once: what is not about that limit has a long
    // one.
    private SiteFile Backend(string name, string kind, string address) =>
        Set($"Backends:{name}:Kind", kind).Set($"Backends:{name}:Address", address).Set($"Backends:{name}:ConnectTimeout", "20s");

    private SiteFile Rule(string key, string match, string? backend, string? allowList, bool refuse)
    {
        Set($"{key}:Match", match);
        if (backend is not null)
            Set($"{key}:Backend", backend);
        if (allowList is not null)
            Set($"{key}:AllowList", allowList);
        return refuse ? Set($"{key}:Refuse", "true") : this;
    }
}
