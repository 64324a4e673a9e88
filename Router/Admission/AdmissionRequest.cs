using System.Net;

namespace Router.Admission;

/// <summary>The properties of a request that determine its admission once its route is known.</summary>
/// <param name="Method">The request's method.</param>
/// <param name="ModeMethod">The method used to check the mode: <c>CONNECT</c> for an upgrade, through which anything may be written;
/// otherwise the request's method.</param>
/// <param name="Path">The path, without the query.</param>
/// <param name="Client">The client's IP address.</param>
/// <param name="Http">The HTTP request, which may carry a bypass token; null for a hypothetical request.</param>
public readonly record struct AdmissionRequest(string Method, string ModeMethod, string Path, IPAddress Client, HttpRequest? Http)
{
    /// <summary>A hypothetical request, as used by <c>explain</c> and <c>check</c>.</summary>
    public static AdmissionRequest Of(string method, string path, IPAddress client) => new(method, method, path, client, null);

    /// <summary>Whether it was admitted before and has waited since: what it used up of its rate limits is not counted again.</summary>
    public bool HasWaited { get; init; }

    /// <summary>Whether requests that were held before it are being released, so that it waits for its turn.</summary>
    public bool MustQueue { get; init; }

    /// <summary>Whether it is hypothetical: it consumes nothing of a rate limit.</summary>
    public bool IsHypothetical => Http is null;

    /// <summary>Whether it has an <c>Upgrade</c> header, whether or not Router permits the upgrade.</summary>
    public bool HasUpgradeHeader => Http?.Headers.Upgrade.Count > 0;
}
