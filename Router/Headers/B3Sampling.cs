using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Headers;

/// <summary>
/// Which requests are traced (B3 propagation): those of whom a site trusts to say so, and of all others one in 256, decided by the
/// trace id, so that every application that sees the same id decides alike.
/// </summary>
public static class B3Sampling
{
    /// <summary>The field that says whether a request is traced.</summary>
    public const string Sampled = "X-B3-Sampled";

    /// <summary>The field that may force it.</summary>
    public const string Flags = "X-B3-Flags";

    /// <summary>Adds the two fields to a request for a backend, by the trace id that stands in it already.</summary>
    /// <param name="to">The request.</param>
    /// <param name="trusted">Whether the client is believed.</param>
    /// <param name="sampled">What it says itself.</param>
    /// <param name="flags">What it says besides.</param>
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

    // The one that the backend gets: the client's, or where Router traces its own.
    private static string TraceIdOf(BackendRequest request) => request.HeaderList.Of(TraceContext.B3TraceId).ToString();

    /// <summary>Whether the second and the fourth digit of a trace id are both f: one in 256 of random ones.</summary>
    public static bool IsSample(string traceId) => traceId.Length >= 4 && traceId[1] is ('f' or 'F') && traceId[3] is ('f' or 'F');
}
