using Router.Configuration;
using Router.Modes;

namespace Router.Switching;

/// <summary>Makes the new record; null, with validation errors, if the change is not possible.</summary>
/// <param name="state">The state before the change.</param>
/// <param name="now">The fleet's clock.</param>
/// <param name="activationDelay">How long it takes until every instance knows of the change.</param>
/// <param name="errors">What is wrong with the change.</param>
public delegate ModeRecord? RecordChange(ModeState state, DateTimeOffset now, TimeSpan activationDelay, ValidationErrors errors);

/// <summary>A change of the record that an operator asks for.</summary>
/// <param name="Kind">What the history calls it.</param>
/// <param name="Apply">Makes the new record.</param>
public sealed record ChangeRequest(HistoryKind Kind, RecordChange Apply)
{
    /// <summary>The version that the operator has seen; null for any.</summary>
    public RecordVersion? IfVersion { get; init; }

    /// <summary>Whether nothing is to be changed.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Who did it and what it was about, if the record's last step does not say.</summary>
    public ChangeNote? Note { get; init; }
}
