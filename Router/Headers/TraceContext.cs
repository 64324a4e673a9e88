using System.Diagnostics;
using Router.Http;

namespace Router.Headers;

/// <summary>
/// The fields that carry a trace from hop to hop: W3C Trace Context's, and B3's besides, because the applications' logs are found by these.
/// Where Router traces, its own span stands in them, so that the backend's spans hang below it; else they pass as they came.
/// </summary>
public static class TraceContext
{
    /// <summary>W3C: version, trace, parent and flags.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>W3C: what the systems of others have noted.</summary>
    public const string TraceState = "tracestate";

    /// <summary>B3: the trace, of 16 or 32 digits.</summary>
    public const string B3TraceId = "X-B3-TraceId";

    /// <summary>B3: the span.</summary>
    public const string B3SpanId = "X-B3-SpanId";

    /// <summary>B3: the span above it.</summary>
    public const string B3ParentSpanId = "X-B3-ParentSpanId";

    // B3 in a single field would contradict the others.
    private const string B3 = "b3";
    private const string Zeros = "0000000000000000";

    /// <summary>The fields that <see cref="Add"/> writes, or whose words it says in another one.</summary>
    public static IReadOnlyList<string> Names { get; } = [B3, TraceParent, TraceState, B3TraceId, B3SpanId, B3ParentSpanId];

    /// <summary>Writes a span onto a message.</summary>
    public static void Add(BackendRequest message, Activity span)
    {
        message.HeaderList.Add(TraceParent, span.Id);
        if (!string.IsNullOrEmpty(span.TraceStateString))
            message.HeaderList.Add(TraceState, span.TraceStateString);
        var trace = span.TraceId.ToHexString();
        // A trace that came with 16 digits is looked for by these.
        message.HeaderList.Add(B3TraceId, trace.StartsWith(Zeros, StringComparison.Ordinal) ? trace[Zeros.Length..] : trace);
        message.HeaderList.Add(B3SpanId, span.SpanId.ToHexString());
        if (span.ParentSpanId != default)
            message.HeaderList.Add(B3ParentSpanId, span.ParentSpanId.ToHexString());
    }
}
