using Router.Configuration;
using Router.Modes;

namespace Router.Switching;

/// <summary>How a change ended.</summary>
public enum ChangeOutcome
{
    /// <summary>It is in the store.</summary>
    Done,

    /// <summary>It would be possible.</summary>
    DryRun,

    /// <summary>It is not valid; the errors say why.</summary>
    Refused,

    /// <summary>The operator has seen another version.</summary>
    OtherVersion,

    /// <summary>Another change was made at the same time.</summary>
    LostRace,
}

/// <summary>The outcome of a change, and the record that it made.</summary>
public sealed record ChangeResult(ChangeOutcome Outcome, ModeState Before, IReadOnlyList<ValidationError> Errors)
{
    /// <summary>The new record; null if there is none.</summary>
    public ModeRecord? Record { get; init; }
}
