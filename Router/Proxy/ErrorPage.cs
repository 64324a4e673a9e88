using Router.Configuration;
using Router.Upstreams;

namespace Router.Proxy;

/// <summary>A page that takes the place of a backend's errors: the status stays, header and body are the page's.</summary>
/// <param name="Settings">Which errors, and where the page is.</param>
/// <param name="Upstream">The backend that has it.</param>
public sealed record ErrorPage(ErrorPageSettings Settings, Upstream Upstream)
{
    /// <summary>Whether it stands for an answer of this status.</summary>
    public bool Covers(int status) => Settings.OnStatus.Contains(status);
}
