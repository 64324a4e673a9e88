using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>
/// A test that needs a browser: skipped with a reason where there is none, but for <c>ROUTER_CI=1</c>, where it must be there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute([CallerMemberName] string test = "")
    {
        if (Chromium.Program is null && Environment.GetEnvironmentVariable("ROUTER_CI") != "1")
            this.SkipWith("Chromium is not installed; on Debian: apt-get install chromium-headless-shell", test);
    }
}
