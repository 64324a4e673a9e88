using System.Collections.Immutable;

namespace Router.Admission;

/// <summary>
/// The questions that one evaluation asked, with their answers. Recorded only for an operator: a request in flight records nothing.
/// </summary>
public sealed class AdmissionSteps
{
    private readonly ImmutableArray<AdmissionStep>.Builder _steps = ImmutableArray.CreateBuilder<AdmissionStep>();

    /// <summary>The steps so far, in the order in which they were taken.</summary>
    public ImmutableArray<AdmissionStep> All => _steps.ToImmutable();

    /// <summary>Records a step.</summary>
    public void Add(string question, string answer) => _steps.Add(new AdmissionStep(question, answer));
}

/// <summary>One step of a decision.</summary>
/// <param name="Question">The question: request, route, access, mode, rate limit or backend.</param>
/// <param name="Answer">Its answer.</param>
public sealed record AdmissionStep(string Question, string Answer);
