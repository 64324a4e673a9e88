using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>As <see cref="ProgramFactAttribute"/>, for several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProgramTheoryAttribute : TheoryAttribute
{
    public ProgramTheoryAttribute(string program, string? package, [CallerMemberName] string test = "") =>
        this.SkipWith(ProgramFactAttribute.Reason(program, package), test);
}
