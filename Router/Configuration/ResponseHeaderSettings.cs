using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>A named change to response headers, including those of Router's own responses.</summary>
/// <param name="Name">The name under <c>Router:ResponseHeaders</c>.</param>
/// <param name="Remove">Headers of the backend that are removed, whatever the status.</param>
/// <param name="Add">Headers that are added to the backend's; <c>{sibling:x}</c> in a value is the request's host with <c>x</c> as its
/// first label.</param>
/// <param name="OnStatus">The status codes for which they are added; empty for all.</param>
public sealed record ResponseHeaderSettings(
    string Name,
    ImmutableArray<string> Remove,
    ImmutableArray<KeyValuePair<string, string>> Add,
    ImmutableArray<int> OnStatus
);
