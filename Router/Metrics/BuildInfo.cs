using System.Reflection;

namespace Router.Metrics;

/// <summary>What this binary was built from: <c>-p:ReleaseTag=release-18</c> at build time, and the source revision.</summary>
public static class BuildInfo
{
    private static readonly string[] Parts = (
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown"
    ).Split('+', 2);

    /// <summary>The release tag; a version if the build was given none.</summary>
    public static string Version => Parts[0];

    /// <summary>The revision; "" if unknown.</summary>
    public static string Revision => Parts is [_, var revision] ? revision : "";
}
