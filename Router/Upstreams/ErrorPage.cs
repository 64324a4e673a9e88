using Router.Configuration;

namespace Router.Upstreams;

/// <summary>A page that replaces a backend's error responses: the status is kept, headers and body come from the page.</summary>
/// <param name="Settings">Which statuses it replaces, and the path of the page.</param>
/// <param name="Upstream">The backend that serves the page.</param>
public sealed record ErrorPage(ErrorPageSettings Settings, Upstream Upstream)
{
    /// <summary>Whether the page replaces responses with this status.</summary>
    public bool Covers(int status) => Settings.OnStatus.Contains(status);
}
