using System.Text.Json.Serialization;

namespace Router.Configuration;

/// <summary>The role of a backend in the site: the modes open and close backends by their kind.</summary>
public enum BackendKind
{
    /// <summary>Pages for people.</summary>
    [JsonStringEnumMemberName("frontend")]
    Frontend,

    /// <summary>An interface for programs.</summary>
    [JsonStringEnumMemberName("api")]
    Api,
}
