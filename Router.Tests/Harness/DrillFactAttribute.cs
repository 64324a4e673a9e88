using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>
/// A test that needs Redis, PostgreSQL and, where it says so, <c>faketime</c>: skipped with a reason where one is missing, except under
/// <c>ROUTER_CI=1</c>, where all must be there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DrillFactAttribute : FactAttribute
{
    /// <param name="needsFaketime">Whether wall clocks are set off.</param>
    /// <param name="test">The test.</param>
    public DrillFactAttribute(bool needsFaketime = false, [CallerMemberName] string test = "")
    {
        string?[] missing =
        [
            RedisServer.Program is null ? "redis-server" : null,
            PostgresServer.Programs is null ? "postgresql" : null,
            needsFaketime && Programs.Find("faketime") is null ? "faketime" : null,
        ];
        if (missing.OfType<string>().ToArray() is [_, ..] packages && Environment.GetEnvironmentVariable("ROUTER_CI") != "1")
            this.SkipWith($"not installed: {string.Join(", ", packages)}; on Debian: apt-get install {string.Join(' ', packages)}", test);
    }
}
