namespace Router.Bench;

/// <summary>The cases by their names, in the order in which they run.</summary>
internal static class Experiments
{
    public static readonly IReadOnlyDictionary<string, Func<Lab, BenchResult, Task>> All = new Dictionary<string, Func<Lab, BenchResult, Task>>
    {
        ["small"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Small),
        ["page"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Page),
        ["download"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Download),
        ["upload"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Upload),
        ["https"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Https),
        ["latency"] = (lab, result) => LoadExperiment.PeersAsync(lab, result, LoadCase.Paced),
        ["closed"] = LoadExperiment.ClosedAsync,
        ["hosts"] = LoadExperiment.HostsAsync,
        ["websocket"] = WebSocketExperiment.RunAsync,
        ["idle"] = IdleExperiment.RunAsync,
        ["start"] = StartExperiment.RunAsync,
    };
}
