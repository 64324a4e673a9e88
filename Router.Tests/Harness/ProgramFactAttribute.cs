namespace Router.Tests.Harness;

/// <summary>
/// A test that needs a program: skipped with a word where it is missing, but for <c>ROUTER_CI=1</c>, where it must be there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public class ProgramFactAttribute : FactAttribute
{
    /// <param name="program">The program.</param>
    /// <param name="package">Debian's package that brings it; null where Debian has none that is new enough: then it may be missing
    /// anywhere.</param>
    public ProgramFactAttribute(string program, string? package)
    {
        if (Programs.Find(program) is null && (package is null || Environment.GetEnvironmentVariable("ROUTER_CI") != "1"))
            Skip = $"{program} is not installed{(package is null ? "" : $"; on Debian: apt-get install {package}")}";
    }
}
