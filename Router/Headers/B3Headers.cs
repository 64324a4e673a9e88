using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Headers;

/// <summary>The B3 propagation headers of one message; empty strings for headers that are absent.</summary>
/// <param name="TraceId">The trace id.</param>
/// <param name="SpanId">The span id.</param>
/// <param name="ParentSpanId">The id of the parent span.</param>
/// <param name="Sampled">Whether the request is sampled.</param>
/// <param name="Flags">Whether sampling is forced.</param>
public readonly record struct B3Headers(string TraceId, string SpanId, string ParentSpanId, string Sampled, string Flags)
{
    private const string Prefix = "X-B3-";

    private static readonly B3Headers None = new("", "", "", "", "");

    /// <summary>Reads them from a backend request in one pass over its headers.</summary>
    public static B3Headers Of(HeaderList headers)
    {
        var found = None;
        foreach (ref readonly var header in headers.All)
        {
            if (IsOne(header.Key))
                found = found.With(header.Key, header.Value);
        }

        return found;
    }

    /// <summary>Reads them from a client's request. Enumerating all headers costs less than five lookups.</summary>
    public static B3Headers Of(IHeaderDictionary headers)
    {
        var found = None;
        foreach (var (name, values) in headers)
        {
            if (IsOne(name))
                found = found.With(name, values);
        }

        return found;
    }

    private static bool IsOne(string name) =>
        name.Length > Prefix.Length && (name[2] | 0x20) == 'b' && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    private B3Headers With(string name, StringValues values) =>
        HeaderNames.IsSame(name, TraceContext.B3TraceId) ? this with { TraceId = values.ToString() }
        : HeaderNames.IsSame(name, TraceContext.B3SpanId) ? this with { SpanId = values.ToString() }
        : HeaderNames.IsSame(name, TraceContext.B3ParentSpanId) ? this with { ParentSpanId = values.ToString() }
        : HeaderNames.IsSame(name, B3Sampling.Sampled) ? this with { Sampled = values.ToString() }
        : HeaderNames.IsSame(name, B3Sampling.Flags) ? this with { Flags = values.ToString() }
        : this;
}
