using System.Collections.Immutable;

namespace Router.Serving.Management;

/// <summary>How a request would be decided.</summary>
/// <param name="Steps">The questions in their order, each with its answer.</param>
/// <param name="Outcome">What would become of it.</param>
/// <param name="Status">The status of Router's own answer; null where a backend or a file answers.</param>
public sealed record ExplainDocument(ImmutableArray<ExplainStep> Steps, string Outcome, int? Status);

/// <summary>One question.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">What the answer is, and by what.</param>
public sealed record ExplainStep(string Question, string Answer);
