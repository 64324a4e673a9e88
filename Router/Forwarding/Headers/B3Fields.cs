namespace Router.Forwarding.Headers;

/// <summary>The fields of B3 propagation in one header; empty where it has them not.</summary>
/// <param name="TraceId">The trace.</param>
/// <param name="SpanId">The span.</param>
/// <param name="ParentSpanId">The span above it.</param>
/// <param name="Sampled">Whether the request is traced.</param>
/// <param name="Flags">Whether it is traced in any case.</param>
public readonly record struct B3Fields(string TraceId, string SpanId, string ParentSpanId, string Sampled, string Flags)
{
    private const string Prefix = "X-B3-";

    /// <summary>Takes them from a message for a backend, in one look at its fields.</summary>
    public static B3Fields Of(FieldList fields)
    {
        var found = new B3Fields("", "", "", "", "");
        foreach (ref readonly var field in fields.All)
        {
            var name = field.Key;
            if (name.Length < Prefix.Length || (name[0] | 0x20) != 'x' || !name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            if (Is(name, TraceContext.B3TraceId))
                found = found with { TraceId = field.Value.ToString() };
            else if (Is(name, TraceContext.B3SpanId))
                found = found with { SpanId = field.Value.ToString() };
            else if (Is(name, TraceContext.B3ParentSpanId))
                found = found with { ParentSpanId = field.Value.ToString() };
            else if (Is(name, B3Sampling.Sampled))
                found = found with { Sampled = field.Value.ToString() };
            else if (Is(name, B3Sampling.Flags))
                found = found with { Flags = field.Value.ToString() };
        }

        return found;
    }

    /// <summary>Takes them from a client's request.</summary>
    public static B3Fields Of(IHeaderDictionary headers) => new(
        headers[TraceContext.B3TraceId].ToString(),
        headers[TraceContext.B3SpanId].ToString(),
        headers[TraceContext.B3ParentSpanId].ToString(),
        headers[B3Sampling.Sampled].ToString(),
        headers[B3Sampling.Flags].ToString());

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
