namespace Router.Bench;

/// <summary>The cases by their names, in the order in which they run.</summary>
internal static class Experiments
{
    public static readonly IReadOnlyDictionary<string, Func<Lab, BenchResult, Task>> All = new Dictionary<
        string,
        Func<Lab, BenchResult, Task>
    >
    {
        ["small"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Small, lab.Options.Peers),
        ["page"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Page, lab.Options.Peers),
        ["download"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Download, lab.Options.Peers),
        ["upload"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Upload, lab.Options.Peers),
        ["https"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Https, lab.Options.Peers),
        ["latency"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Paced, lab.Options.Peers),
        ["closed"] = LoadExperiment.ClosedAsync,
        ["hosts"] = LoadExperiment.HostsAsync,
        ["websocket"] = WebSocketExperiment.RunAsync,
        ["idle"] = IdleExperiment.RunAsync,
        ["start"] = StartExperiment.RunAsync,
    };
}
