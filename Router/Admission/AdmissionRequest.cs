using System.Net;

namespace Router.Admission;

/// <summary>The facts about a request that decide what becomes of it, once it is known whose it is.</summary>
/// <param name="Method">The request's method.</param>
/// <param name="ModeMethod">What the mode is asked for: <c>CONNECT </c> for an upgrade, through which anything may be written; otherwise
/// the method.</param>
/// <param name="Path">The path, without the query.</param>
/// <param name="Client">The client's address.</param>
/// <param name="Http">The request itself, which may carry a bypass token; null for a request that is only thought of.</param>
public readonly record struct AdmissionRequest(string Method, string ModeMethod, string Path, IPAddress Client, HttpRequest? Http)
{
    /// <summary>A request that is only thought of, as <c>explain</c> and <c>check</c> do.</summary>
    public static AdmissionRequest Of(string method, string path, IPAddress client) => new(method, method, path, client, null);

    /// <summary>Whether it asks to change the protocol, whatever becomes of that.</summary>
    public bool AsksForUpgrade => Http?.Headers.Upgrade.Count > 0;
}
