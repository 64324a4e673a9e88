using Router.Admission;
using Router.Modes;

namespace Router.Serving;

/// <summary>Why a request is not forwarded, and the mode that was checked.</summary>
public readonly record struct Refusal(AdmissionDecision Decision, ModeState State);
