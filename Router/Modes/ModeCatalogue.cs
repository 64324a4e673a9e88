using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Router.Modes;

/// <summary>The available modes.</summary>
public static class ModeCatalogue
{
    /// <summary>The mode for the time before a closing, in which the last writes finish.</summary>
    public static Mode ReadOnly { get; } = new ReadOnlyMode();

    /// <summary>The mode in which nothing can be reached: it applies whenever the correct mode is unknown.</summary>
    public static Mode Closed { get; } = new MaintenanceMode();

    /// <summary>Every mode, from open to closed.</summary>
    public static ImmutableArray<Mode> All { get; } = [new LiveMode(), ReadOnly, new HoldMode(), new RecoveryMode(), Closed];

    /// <summary>The names, for messages.</summary>
    public static string Names => string.Join(", ", All.Select(mode => mode.Name));

    /// <summary>The names of all that can be in force: the modes, and a stage of a reopening.</summary>
    public static IEnumerable<string> AllNames => All.Select(mode => mode.Name).Append(ReopeningMode.ModeName);

    /// <summary>Finds a mode by its name. Case matters: the names are the contract, and a near miss is a typing error.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out Mode? mode)
    {
        mode = Find(name);
        return mode is not null;
    }

    /// <summary>The mode of this name; null for one that is not here.</summary>
    public static Mode? Find(string name) => All.FirstOrDefault(candidate => candidate.Name == name);

    /// <summary>
    /// Whether the mode of this name keeps some request from a backend. So does one that is not here: a stage of a reopening, whose name
    /// does not say which, or a mode of another release.
    /// </summary>
    public static bool RestrictsAnything(string name) => Find(name) is not { RestrictsAnything: false };

    /// <summary>
    /// Whether some request that may change something reaches a backend in the mode of this name. One that is not here allows it, as a
    /// stage of a reopening does.
    /// </summary>
    public static bool AllowsWrites(string name) => Find(name) is not { AllowsWrites: false };
}
