using System.Collections.Immutable;
using Router.Configuration;
using Router.Modes;

namespace Router.Management;

/// <summary>The outcome of a change.</summary>
/// <param name="Mode">The mode after it; for a dry run, as it would be.</param>
/// <param name="Changed">Whether it was made; false for a dry run.</param>
/// <param name="Replaced">What is no longer scheduled.</param>
/// <param name="Effects">What each backend gets in the requested mode.</param>
public sealed record ChangeDocument(
    ModeDocument Mode,
    bool Changed,
    ImmutableArray<StepDocument> Replaced,
    ImmutableArray<BackendEffect> Effects
)
{
    /// <summary>How the change moved the announced end; null if it did not.</summary>
    public EndMoveDocument? EndMoved { get; init; }

    /// <summary>Of a dry run, the path of the page that visitors would see; null if they would see the site.</summary>
    public string? Page { get; init; }
}

/// <summary>The announced end before and after a change.</summary>
public sealed record EndMoveDocument(DateTimeOffset From, DateTimeOffset To);

/// <summary>What a mode does to a backend.</summary>
/// <param name="Backend">Its name.</param>
/// <param name="Kind">frontend or api.</param>
/// <param name="Reads">Whether requests that only read reach it.</param>
/// <param name="Writes">Whether all others do.</param>
/// <param name="Waits">Whether those that do not reach it wait until the mode opens.</param>
public sealed record BackendEffect(string Backend, string Kind, bool Reads, bool Writes, bool Waits)
{
    public static BackendEffect Of(BackendSettings backend, Mode mode) =>
        new(
            backend.Name,
            backend.Kind.JsonName(),
            mode.Reaches(backend.Kind, "GET"),
            mode.Reaches(backend.Kind, "POST"),
            mode.Decide(backend.Kind, "POST") == ModeDecision.Hold
        );
}
