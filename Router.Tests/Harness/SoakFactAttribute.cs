using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>A test that takes minutes: it runs where <c>ROUTER_SOAK=1</c> is set, and says so where it does not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SoakFactAttribute : FactAttribute
{
    public SoakFactAttribute([CallerMemberName] string test = "")
    {
        if (Environment.GetEnvironmentVariable("ROUTER_SOAK") != "1")
            this.SkipWith("takes minutes; set ROUTER_SOAK=1 to run it", test);
    }
}
