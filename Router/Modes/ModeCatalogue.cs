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

    /// <summary>Finds a mode by its name. Case matters: the names are the contract, and a near miss is a typing error.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out Mode? mode)
    {
        mode = All.FirstOrDefault(candidate => candidate.Name == name);
        return mode is not null;
    }
}
