using System.Globalization;

namespace Router.Bench;

/// <summary>What the command line asked for.</summary>
internal sealed record BenchOptions
{
    private static readonly string[] Flags = ["--guard", "--record", "--readme", "--instructions"];

    /// <summary>The published Router.</summary>
    public required string Router { get; init; }

    /// <summary>The published YARP.</summary>
    public required string Yarp { get; init; }

    /// <summary>The bare program.</summary>
    public required string Bare { get; init; }

    /// <summary>Where results, the recorded cost and README.md are.</summary>
    public required string Repository { get; init; }

    /// <summary>How often each contestant has its turn.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>How long a turn takes.</summary>
    public int Seconds { get; init; } = 2;

    /// <summary>Connections under load.</summary>
    public int Connections { get; init; } = 64;

    /// <summary>Connections that only wait.</summary>
    public int IdleConnections { get; init; } = 10_000;

    public string[] Cases { get; init; } = [.. Experiments.All.Keys];

    public string[] Peers { get; init; } = Contestants.Names;

    /// <summary>The file of the result.</summary>
    public required string Json { get; init; }

    /// <summary>Only what CI checks.</summary>
    public bool Guard { get; init; }

    /// <summary>Measures what a request costs, and records it for the guard.</summary>
    public bool Record { get; init; }

    /// <summary>Counts the instructions of a request.</summary>
    public bool Instructions { get; init; }

    /// <summary>Router as published for the just-in-time compiler, to be trained; null: nothing is trained.</summary>
    public string? Trainee { get; init; }

    /// <summary>Measures nothing, and writes the last result into deploy/bench/README.md.</summary>
    public bool Readme { get; init; }

    public static BenchOptions Parse(string[] arguments)
    {
        var values = new Dictionary<string, string>();
        for (var i = 0; i < arguments.Length; i++)
            values[arguments[i]] =
                Flags.Contains(arguments[i]) ? ""
                : i + 1 < arguments.Length ? arguments[++i]
                : throw new BenchException($"{arguments[i]} needs a value");
        var repository = Take("--repository") ?? ".";
        var options = new BenchOptions
        {
            Router = Take("--router") ?? "",
            Yarp = Take("--yarp") ?? "",
            Bare = Take("--bare") ?? "",
            Repository = repository,
            Json = Take("--json") ?? Path.Combine(repository, "artifacts/bench/result.json"),
            Trainee = Take("--train"),
            Guard = Take("--guard") is not null,
            Record = Take("--record") is not null,
            Readme = Take("--readme") is not null,
            Instructions = Take("--instructions") is not null,
        };
        options = options with
        {
            Rounds = Number("--rounds", options.Rounds),
            Seconds = Number("--seconds", options.Seconds),
            Connections = Number("--connections", options.Connections),
            IdleConnections = Number("--idle-connections", options.IdleConnections),
            Cases = Take("--cases")?.Split(',') ?? options.Cases,
            Peers = Take("--peers")?.Split(',') ?? options.Peers,
        };
        if (values.Keys.FirstOrDefault() is { } unknown)
            throw new BenchException($"unknown option {unknown}");
        if (options.Cases.FirstOrDefault(name => !Experiments.All.ContainsKey(name)) is { } noCase)
            throw new BenchException($"no case {noCase}; there are {string.Join(", ", Experiments.All.Keys)}");
        if (options.Peers.FirstOrDefault(name => !Contestants.Exists(name)) is { } noPeer)
            throw new BenchException(
                $"no peer {noPeer}; there are {string.Join(", ", Contestants.Names)}, and NAME=BINARY for another published router"
            );
        return options;

        string? Take(string name) => values.Remove(name, out var value) ? value : null;

        int Number(string name, int otherwise) =>
            Take(name) is not { } text ? otherwise
            : int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw new BenchException($"{name} takes a number, not {text}");
    }
}
