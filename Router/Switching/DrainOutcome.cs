using Router.Modes;

namespace Router.Switching;

/// <summary>How the requests in flight at a switch have ended.</summary>
/// <param name="State">The state that was switched to.</param>
/// <param name="Took">How long it took from the switch.</param>
/// <param name="Cut">How many requests and upgraded connections were cut.</param>
/// <param name="UncertainWrites">How many writes have an unknown outcome.</param>
public sealed record DrainOutcome(ModeState State, TimeSpan Took, long Cut, long UncertainWrites);
