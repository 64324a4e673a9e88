using System.Collections.Immutable;
using Router.Admission;

namespace Router.Management;

/// <summary>How a request would be decided.</summary>
/// <param name="Steps">The steps in their order, each with its outcome.</param>
/// <param name="Outcome">What would become of it.</param>
/// <param name="Status">The status of Router's own response; null where a backend or a file responds.</param>
public sealed record ExplainDocument(ImmutableArray<AdmissionStep> Steps, string Outcome, int? Status);
