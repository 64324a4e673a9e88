using System.Diagnostics;
using Router.Http;

namespace Router.Headers;

/// <summary>
/// The headers that propagate a trace: those of W3C Trace Context, and those of B3 too, because they are used to search the applications'
/// logs. If Router traces, they carry its own span, so that the backend's spans become its children; otherwise they are forwarded
/// unchanged.
/// </summary>
public static class TraceContext
{
    /// <summary>W3C: version, trace id, parent id and flags.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>W3C: vendor-specific trace data.</summary>
    public const string TraceState = "tracestate";

    /// <summary>B3: the trace id of 16 or 32 digits.</summary>
    public const string B3TraceId = "X-B3-TraceId";

    /// <summary>B3: the span id.</summary>
    public const string B3SpanId = "X-B3-SpanId";

    /// <summary>B3: the id of the parent span.</summary>
    public const string B3ParentSpanId = "X-B3-ParentSpanId";

    // B3's single-header form would contradict the others.
    private const string B3 = "b3";
    private const string Zeros = "0000000000000000";

    /// <summary>The headers that <see cref="Add"/> writes or replaces with an equivalent.</summary>
    public static IReadOnlyList<string> Names { get; } = [B3, TraceParent, TraceState, B3TraceId, B3SpanId, B3ParentSpanId];

    /// <summary>Writes a span to a backend request.</summary>
    public static void Add(BackendRequest message, Activity span)
    {
        message.HeaderList.Add(TraceParent, span.Id);
        if (!string.IsNullOrEmpty(span.TraceStateString))
            message.HeaderList.Add(TraceState, span.TraceStateString);
        var trace = span.TraceId.ToHexString();
        // A trace that arrived with a 16-digit id is searched for by those digits.
        message.HeaderList.Add(B3TraceId, trace.StartsWith(Zeros, StringComparison.Ordinal) ? trace[Zeros.Length..] : trace);
        message.HeaderList.Add(B3SpanId, span.SpanId.ToHexString());
        if (span.ParentSpanId != default)
            message.HeaderList.Add(B3ParentSpanId, span.ParentSpanId.ToHexString());
    }
}
