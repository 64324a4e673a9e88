using System.Collections.Immutable;

namespace Router.Admission;

/// <summary>The checks of one evaluation, with their results. Recorded only for an operator: real requests record nothing.</summary>
public sealed class AdmissionSteps
{
    private readonly ImmutableArray<AdmissionStep>.Builder _steps = ImmutableArray.CreateBuilder<AdmissionStep>();

    /// <summary>The steps so far, in order.</summary>
    public ImmutableArray<AdmissionStep> All => _steps.ToImmutable();

    /// <summary>Records a step.</summary>
    public void Add(string name, string result) => _steps.Add(new AdmissionStep(name, result));
}

/// <summary>One step of a decision.</summary>
/// <param name="Name">The check: request, route, access, mode, rate limit, body size or backend.</param>
public sealed record AdmissionStep(string Name, string Result);
