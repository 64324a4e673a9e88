using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>The changes to the headers of every forwarded request.</summary>
/// <param name="Remove">Headers that no backend receives.</param>
/// <param name="ForwardedProto">The fixed value of <c>X-Forwarded-Proto</c>; null for the scheme that the client used.</param>
/// <param name="SamplingTrust">The allow list of clients that may request tracing (<c>X-B3-Sampled</c>, <c>X-B3-Flags</c>); for all others
/// Router decides by the trace id. Null leaves both headers unchanged.</param>
public sealed record RequestHeaderSettings(ImmutableArray<string> Remove, string? ForwardedProto, string? SamplingTrust);
