using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Headers;

/// <summary>The fields of B3 propagation in one header; empty where it has them not.</summary>
/// <param name="TraceId">The trace.</param>
/// <param name="SpanId">The span.</param>
/// <param name="ParentSpanId">The span above it.</param>
/// <param name="Sampled">Whether the request is traced.</param>
/// <param name="Flags">Whether it is traced in any case.</param>
public readonly record struct B3Headers(string TraceId, string SpanId, string ParentSpanId, string Sampled, string Flags)
{
    private const string Prefix = "X-B3-";

    private static readonly B3Headers None = new("", "", "", "", "");

    /// <summary>Takes them from a message for a backend, in one look at its fields.</summary>
    public static B3Headers Of(HeaderList headers)
    {
        var found = None;
        foreach (ref readonly var field in headers.All)
        {
            if (IsOne(field.Key))
                found = found.With(field.Key, field.Value);
        }

        return found;
    }

    /// <summary>Takes them from a client's request. To go through all of its fields costs less than to look for five.</summary>
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
        name.Length > Prefix.Length && (name[0] | 0x20) == 'x' && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    private B3Headers With(string name, StringValues values) =>
        HeaderNames.IsSame(name, TraceContext.B3TraceId) ? this with { TraceId = values.ToString() }
        : HeaderNames.IsSame(name, TraceContext.B3SpanId) ? this with { SpanId = values.ToString() }
        : HeaderNames.IsSame(name, TraceContext.B3ParentSpanId) ? this with { ParentSpanId = values.ToString() }
        : HeaderNames.IsSame(name, B3Sampling.Sampled) ? this with { Sampled = values.ToString() }
        : HeaderNames.IsSame(name, B3Sampling.Flags) ? this with { Flags = values.ToString() }
        : this;
}
