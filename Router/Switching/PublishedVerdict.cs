using Router.Modes;

namespace Router.Switching;

/// <summary>
/// The verdict on the fleet as the observer publishes it: what every instance shows in its metrics, so that no other place computes one.
/// </summary>
/// <param name="State">The verdict.</param>
/// <param name="Version">The version of the record that it is about.</param>
/// <param name="Live">How many instances are live.</param>
/// <param name="Vanished">How many instances have vanished and are not known to have ended.</param>
/// <param name="Unsettled">How many writes of unknown outcome may still be applied.</param>
public sealed record PublishedVerdict(VerdictState State, RecordVersion Version, int Live, int Vanished, int Unsettled)
{
    public static PublishedVerdict Of(Verdict verdict, RecordVersion version) =>
        new(verdict.State, version, verdict.Live, verdict.Vanished, verdict.Unsettled);
}
