using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Router.Tests.Harness;

/// <summary>The tests run in one time zone everywhere, and so does what they start.</summary>
internal static class TimeZoneOfTests
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "An assembly of tests has no other place that runs before all of them.")]
    internal static void Set()
    {
        Environment.SetEnvironmentVariable("TZ", "UTC");
        TimeZoneInfo.ClearCachedData();
    }
}
