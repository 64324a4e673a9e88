namespace Router.Forwarding.Headers;

/// <summary>
/// Which requests are traced (B3 propagation): those of whom a site trusts to say so, and of all others one in 256, decided by the
/// trace id, so that every application that sees the same id decides alike.
/// </summary>
public static class B3Sampling
{
    private const string Sampled = "X-B3-Sampled";
    private const string Flags = "X-B3-Flags";

    /// <summary>Whether a field is one of the two that are decided here.</summary>
    public static bool IsDecided(string name) =>
        name.Equals(Sampled, StringComparison.OrdinalIgnoreCase) || name.Equals(Flags, StringComparison.OrdinalIgnoreCase);

    /// <summary>Adds the two fields to a request for a backend, by the trace id that stands in it already.</summary>
    public static void Add(IHeaderDictionary from, BackendRequest to, bool trusted)
    {
        var asked = trusted ? from[Sampled].ToString() : "";
        to.Fields.Add(Sampled, asked is "" or "0" ? IsSample(TraceIdOf(to)) ? "1" : "0" : asked);
        var flags = trusted ? from[Flags].ToString() : "0";
        if (flags is not "")
            to.Fields.Add(Flags, flags);
    }

    // The one that the backend gets: the client's, or where Router traces its own.
    private static string TraceIdOf(BackendRequest request) => request.Fields.Of(TraceContext.B3TraceId).ToString();

    /// <summary>Whether the second and the fourth digit of a trace id are both f: one in 256 of random ones.</summary>
    public static bool IsSample(string traceId) =>
        traceId.Length >= 4 && traceId[1] is ('f' or 'F') && traceId[3] is ('f' or 'F');
}
