using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>
/// A test that needs a program: skipped with a reason where it is missing, but for <c>ROUTER_CI=1</c>, where it must be there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public class ProgramFactAttribute : FactAttribute
{
    /// <param name="program">The program.</param>
    /// <param name="package">Debian's package that brings it; null where Debian has none that is new enough: then it may be missing
    /// anywhere.</param>
    /// <param name="test">The test.</param>
    public ProgramFactAttribute(string program, string? package, [CallerMemberName] string test = "")
    {
        this.SkipWith(Reason(program, package), test);
    }

    /// <summary>Why the test is skipped; null where it is not.</summary>
    internal static string? Reason(string program, string? package) =>
        Programs.Find(program) is null && (package is null || Environment.GetEnvironmentVariable("ROUTER_CI") != "1")
            ? $"{program} is not installed{(package is null ? "" : $"; on Debian: apt-get install {package}")}"
            : null;
}
