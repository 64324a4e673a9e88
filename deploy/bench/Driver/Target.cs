namespace Router.Bench;

/// <summary>What a figure or ratio must not exceed.</summary>
/// <param name="Title">What it is about.</param>
/// <param name="Limit">The most that is good.</param>
/// <param name="Unit">Of the limit; empty for a ratio.</param>
/// <param name="Of">The figure, from a result; null where it was not measured.</param>
internal sealed record Target(string Title, double Limit, string Unit, Func<BenchResult, double?> Of)
{
    private static readonly string[] UnderLoad = ["small", "page", "download", "upload", "https"];

    public static readonly Target[] All =
    [
        Cpu("small", "small response", Contestants.NginxEqual, 1.1),
        Cpu("small", "small response", Contestants.HaProxyEqual, 1.1),
        Cpu("small", "small response", Contestants.Yarp, 0.6),
        Cpu("small", "small response", Contestants.YarpInline, 0.85),
        Cpu("small", "small response", Contestants.HaProxy, 1.5),
        Cpu("page", "browser's page", Contestants.NginxEqual, 1),
        Cpu("page", "browser's page", Contestants.HaProxyEqual, 1),
        Cpu("page", "browser's page", Contestants.Yarp, 0.6),
        Cpu("page", "browser's page", Contestants.YarpInline, 0.85),
        Cpu("page", "browser's page", Contestants.HaProxy, 1.8),
        Cpu("download", "100 KB response", Contestants.Yarp, 0.9),
        Cpu("upload", "100 KB upload", Contestants.Yarp, 0.9),
        Cpu("https", "page from an HTTPS backend", Contestants.HaProxyEqual, 1.2),
        Cpu("https", "page from an HTTPS backend", Contestants.NginxClose, 0.08),
        new("closed page: CPU, to a bare program that sends it", 1.3, "", result => result.Ratio("closed", Figure.Cpu, "closed", "bare")),
        new("100,000 hosts: CPU, to 5 hosts", 1.03, "", result => result.Ratio("hosts", Figure.Cpu, "100000", "5")),
        new(
            $"p99 at the same load, to {Contestants.Yarp}",
            1,
            "",
            result => result.Ratio("latency", Figure.Percentile99, Contestants.Router, Contestants.Yarp)
        ),
        new("first response after the start", 60, "ms", result => result.Median("start", Contestants.Router, Figure.Start)),
        new("resident, idle", 45, "MB", result => result.Median("start", Contestants.Router, Figure.Resident)),
        new("resident, under load", 110, "MB", result => UnderLoad.Max(name => result.Greatest(name, Contestants.Router, Figure.Resident))),
        new("an idle connection", 12, "KB", result => result.Median("idle", Contestants.Router, Figure.Connection)),
    ];

    private static Target Cpu(string name, string title, string peer, double limit) =>
        new($"{title}: CPU, to {peer}", limit, "", result => result.Ratio(name, Figure.Cpu, Contestants.Router, peer));
}
