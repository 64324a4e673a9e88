using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>
/// A test of what only the application that is published has, with a program: skipped with a reason where one is missing, but for
/// <c>ROUTER_CI=1</c>, where both must be there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PublishedFactAttribute : FactAttribute
{
    /// <param name="program">The program.</param>
    /// <param name="package">Debian's package that brings it.</param>
    /// <param name="test">The test.</param>
    public PublishedFactAttribute(string program, string package, [CallerMemberName] string test = "")
    {
        var isAsked = Environment.GetEnvironmentVariable("ROUTER_CI") == "1";
        this.SkipWith(
            RouterProcess.IsPublished || isAsked
                ? ProgramFactAttribute.Reason(program, package)
                : "needs the published application; name it in ROUTER_BINARY",
            test
        );
    }
}
