using System.Text.Json.Serialization;

namespace Router.Configuration;

/// <summary>The role of a backend in the site: the modes open and close backends by their kind.</summary>
public enum BackendKind
{
    /// <summary>Pages for people. Closed in recovery and in maintenance.</summary>
    [JsonStringEnumMemberName("frontend")]
    Frontend,

    /// <summary>An interface for programs. Closed in maintenance only.</summary>
    [JsonStringEnumMemberName("api")]
    Api,
}
