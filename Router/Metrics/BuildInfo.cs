using System.Reflection;

namespace Router.Metrics;

/// <summary>What this binary was built from: <c>-p:ReleaseTag=release-18</c> at the build, and the revision of the source.</summary>
public static class BuildInfo
{
    private static readonly string[] Parts = (
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown"
    ).Split('+', 2);

    /// <summary>The release tag; a version where the build was given none.</summary>
    public static string Version => Parts[0];

    /// <summary>The revision; "" where it is not known.</summary>
    public static string Revision => Parts is [_, var revision] ? revision : "";
}
