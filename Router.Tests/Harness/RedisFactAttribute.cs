using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>
/// A test that needs <c>redis-server</c>: skipped with a reason where there is none, but for <c>ROUTER_CI=1</c>, where it must be there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute([CallerMemberName] string test = "") : ProgramFactAttribute("redis-server", "redis-server", test);
