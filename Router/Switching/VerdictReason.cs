namespace Router.Switching;

/// <summary>Why a verdict is not safe.</summary>
/// <param name="Kind">What it is about, by which an operator is advised.</param>
/// <param name="Text">The same for operators, with the names and numbers.</param>
public sealed record VerdictReason(ReasonKind Kind, string Text);
