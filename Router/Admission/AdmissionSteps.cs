using System.Collections.Immutable;

namespace Router.Admission;

/// <summary>The checks of one evaluation, with their results. Recorded only for an operator: real requests record nothing.</summary>
public sealed class AdmissionSteps
{
    private readonly ImmutableArray<AdmissionStep>.Builder _steps = ImmutableArray.CreateBuilder<AdmissionStep>();

    /// <summary>The steps so far, in order.</summary>
    public ImmutableArray<AdmissionStep> All => _steps.ToImmutable();

    /// <summary>Records a step.</summary>
    public void Add(string question, string answer) => _steps.Add(new AdmissionStep(question, answer));
}

/// <summary>One step of a decision.</summary>
/// <param name="Question">The check: request, route, access, mode, rate limit or backend.</param>
/// <param name="Answer">Its result.</param>
public sealed record AdmissionStep(string Question, string Answer);
