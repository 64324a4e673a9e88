namespace Router.Tests.Harness;

/// <summary>A request as a <see cref="WireMockBackend"/> understood it. Its bytes are kept by a <see cref="RawBackend"/>.</summary>
internal sealed record ReceivedRequest(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public IReadOnlyList<string> Values(string name) =>
        [.. Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    public string? Value(string name) => Values(name) is [_, ..] values ? string.Join(" | ", values) : null;
}
