using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>
/// A test of the container image that <c>ROUTER_IMAGE</c> names, as <c>deploy/image/build</c> wrote it. Skipped with a reason where there
/// is none, but for <c>.ci/run</c>, which makes one.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ImageFactAttribute : FactAttribute
{
    public const string Variable = "ROUTER_IMAGE";

    public ImageFactAttribute([CallerMemberName] string test = "")
    {
        if (Environment.GetEnvironmentVariable(Variable) is null && Environment.GetEnvironmentVariable("ROUTER_CI") != "1")
            this.SkipWith($"{Variable} names no image; make one, as root on Debian, with deploy/image/build release-test", test);
    }
}
