using System.Diagnostics;
using Router.Headers;

namespace Router.Telemetry;

/// <summary>
/// Finds the span above a request in its header: W3C's <c>traceparent </c>, or B3's fields where there is none that is valid.
/// </summary>
internal sealed class TraceParents : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields { get; } =
    [TraceContext.TraceParent, TraceContext.TraceState, TraceContext.B3TraceId, TraceContext.B3SpanId, TraceContext.B3ParentSpanId];

    public override void ExtractTraceIdAndState(
        object? carrier,
        PropagatorGetterCallback? getter,
        out string? traceId,
        out string? traceState
    )
    {
        (traceId, traceState) = (null, null);
        if (getter is null)
            return;
        if (Field(TraceContext.TraceParent) is { } parent && ActivityContext.TryParse(parent, null, out _))
        {
            traceId = parent;
            getter(carrier, TraceContext.TraceState, out traceState, out var several);
            if (several is not null)
                traceState = string.Join(',', several);
        }
        else
        {
            traceId = FromB3(
                Field(TraceContext.B3TraceId),
                Field(TraceContext.B3SpanId),
                Field(B3Sampling.Sampled),
                Field(B3Sampling.Flags)
            );
        }

        // Twice the same field says nothing.
        string? Field(string name)
        {
            getter(carrier, name, out var value, out var several);
            return several is null ? value
                : several.Count() == 1 ? several.First()
                : null;
        }
    }

    /// <summary>Nothing is taken: what <c>baggage</c> the client sent goes on to the backend as it came.</summary>
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    /// <summary>Nothing is written here: see <see cref="TraceContext.Add"/>.</summary>
    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) { }

    // Where nobody has said whether the trace is recorded, whoever comes next decides: here it is.
    private static string? FromB3(string? trace, string? span, string? sampled, string? flags)
    {
        if (trace is not { Length: 16 or 32 } || span is not { Length: 16 })
            return null;
        var recorded = flags is "1" || sampled is not ("0" or "false");
        var parent = $"00-{trace.PadLeft(32, '0').ToLowerInvariant()}-{span.ToLowerInvariant()}-{(recorded ? "01" : "00")}";
        return ActivityContext.TryParse(parent, null, out _) ? parent : null;
    }
}
