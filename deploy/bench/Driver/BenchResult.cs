using System.Runtime.InteropServices;
using System.Text.Json;

namespace Router.Bench;

/// <summary>The names of what is measured.</summary>
internal static class Figure
{
    /// <summary>Processor time of the proxy's own processes for one request or message, in microseconds.</summary>
    public const string Cpu = "CPU µs";
    public const string Rate = "per second";
    public const string Median = "p50 ms";
    public const string Percentile99 = "p99 ms";
    public const string Resident = "RSS MB";
    public const string Connection = "KB a connection";
    public const string Start = "first response ms";
}

/// <summary>What a run has measured: for each case, each contestant and each figure a value from each round.</summary>
internal sealed record BenchResult(DateTimeOffset At, string Machine, int Rounds, int Seconds, int Connections)
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public Dictionary<string, Dictionary<string, Dictionary<string, List<double>>>> Cases { get; init; } = [];

    public static BenchResult Of(BenchOptions options)
    {
        var processor = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':')[1]
            .Trim();
        return new BenchResult(
            DateTimeOffset.UtcNow,
            $"{Environment.ProcessorCount} processors ({processor ?? RuntimeInformation.ProcessArchitecture.ToString()})",
            options.Rounds,
            options.Seconds,
            options.Connections
        );
    }

    public static BenchResult Read(string path) => JsonSerializer.Deserialize<BenchResult>(File.ReadAllText(path))!;

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, Indented) + "\n");
    }

    public void Add(string name, string contestant, string figure, double value)
    {
        ref var contestants = ref CollectionsMarshal.GetValueRefOrAddDefault(Cases, name, out _);
        ref var figures = ref CollectionsMarshal.GetValueRefOrAddDefault(contestants ??= [], contestant, out _);
        ref var values = ref CollectionsMarshal.GetValueRefOrAddDefault(figures ??= [], figure, out _);
        (values ??= []).Add(value);
    }

    /// <summary>The median of the rounds; null where it was not measured.</summary>
    public double? Median(string name, string contestant, string figure) =>
        Values(name, contestant, figure) is { } values ? Median(values) : null;

    /// <summary>The smallest of the rounds; null where it was not measured.</summary>
    public double? Smallest(string name, string contestant, string figure) => Values(name, contestant, figure)?.Min();

    /// <summary>The greatest of the rounds; null where it was not measured.</summary>
    public double? Greatest(string name, string contestant, string figure) => Values(name, contestant, figure)?.Max();

    /// <summary>
    /// One's figure as a ratio to another's: the median of the ratios of each round, since what else a machine does at a time meets both.
    /// </summary>
    public double? Ratio(string name, string figure, string of, string to) =>
        Values(name, of, figure) is { } ours && Values(name, to, figure) is { } theirs
            ? Median([.. ours.Zip(theirs, (our, their) => our / their)])
            : null;

    private List<double>? Values(string name, string contestant, string figure) =>
        Cases.GetValueOrDefault(name)?.GetValueOrDefault(contestant)?.GetValueOrDefault(figure);

    private static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
