using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>
/// A test that needs the published application and an external program. It is skipped if one is missing, except with <c>ROUTER_CI=1</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PublishedFactAttribute : FactAttribute
{
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
