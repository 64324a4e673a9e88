using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Headers;

/// <summary>
/// Decides which requests are sampled (B3 propagation). Clients that a site trusts decide for themselves; of all other requests one in 256
/// is sampled. The trace id determines which, so that every application that sees the same id makes the same decision.
/// </summary>
public static class B3Sampling
{
    /// <summary>The header that says whether a request is sampled.</summary>
    public const string Sampled = "X-B3-Sampled";

    /// <summary>The header that can force sampling.</summary>
    public const string Flags = "X-B3-Flags";

    /// <summary>Adds both headers to a backend request, based on the trace id that it already carries.</summary>
    /// <param name="to">The backend request.</param>
    /// <param name="trusted">Whether the client is trusted to decide.</param>
    /// <param name="sampled">The client's own <c>X-B3-Sampled</c>.</param>
    /// <param name="flags">The client's own <c>X-B3-Flags</c>.</param>
    public static void Add(BackendRequest to, bool trusted, StringValues sampled, StringValues flags)
    {
        var asked = trusted ? sampled.ToString() : "";
        to.HeaderList.Add(
            Sampled,
            asked is "" or "0"
                ? IsSample(TraceIdOf(to))
                    ? "1"
                    : "0"
                : asked
        );
        var said = trusted ? flags.ToString() : "0";
        if (said is not "")
            to.HeaderList.Add(Flags, said);
    }

    // The trace id sent to the backend: the client's, or Router's own if Router traces.
    private static string TraceIdOf(BackendRequest request) => request.HeaderList.Of(TraceContext.B3TraceId).ToString();

    /// <summary>Whether the second and the fourth digit of a trace id are both f: true for one in 256 random ids.</summary>
    public static bool IsSample(string traceId) => traceId.Length >= 4 && traceId[1] is ('f' or 'F') && traceId[3] is ('f' or 'F');
}
