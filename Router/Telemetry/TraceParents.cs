using System.Diagnostics;
using Router.Headers;

namespace Router.Telemetry;

/// <summary>
/// Finds the parent span of a request in its headers: W3C's <c>traceparent</c>, or B3's headers if there is no valid one.
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
        if (Header(TraceContext.TraceParent) is { } parent && ActivityContext.TryParse(parent, null, out _))
        {
            traceId = parent;
            getter(carrier, TraceContext.TraceState, out traceState, out var several);
            if (several is not null)
                traceState = string.Join(',', several);
        }
        else
        {
            traceId = FromB3(
                Header(TraceContext.B3TraceId),
                Header(TraceContext.B3SpanId),
                Header(B3Sampling.Sampled),
                Header(B3Sampling.Flags)
            );
        }

        // A header that occurs twice is ignored.
        string? Header(string name)
        {
            getter(carrier, name, out var value, out var several);
            return several is null ? value
                : several.Count() == 1 ? several.First()
                : null;
        }
    }

    /// <summary>Extracts nothing: the client's <c>baggage</c> is forwarded to the backend unchanged.</summary>
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    /// <summary>Injects nothing: see <see cref="TraceContext.Add"/>.</summary>
    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) { }

    // If the sampling decision has not been made, the next participant makes it: here, to record the trace.
    private static string? FromB3(string? trace, string? span, string? sampled, string? flags)
    {
        if (trace is not { Length: 16 or 32 } || span is not { Length: 16 })
            return null;
        var recorded = flags is "1" || sampled is not ("0" or "false");
        var parent = $"00-{trace.PadLeft(32, '0').ToLowerInvariant()}-{span.ToLowerInvariant()}-{(recorded ? "01" : "00")}";
        return ActivityContext.TryParse(parent, null, out _) ? parent : null;
    }
}
