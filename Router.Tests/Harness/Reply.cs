using System.Net.Http.Headers;

namespace Router.Tests.Harness;

/// <summary>A response as a client has it at the end.</summary>
internal sealed record Reply(int Status, string Body, IReadOnlyList<(string Name, string Value)> Headers)
{
    public static async Task<Reply> OfAsync(HttpResponseMessage response) =>
        new(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync().InTime(),
            [.. HeadersOf(response.Headers.NonValidated), .. HeadersOf(response.Content.Headers.NonValidated)]
        );

    public IReadOnlyList<string> Values(string name) =>
        [.. Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    public string? Value(string name) => Values(name) is [_, ..] values ? string.Join(" | ", values) : null;

    private static IEnumerable<(string, string)> HeadersOf(HttpHeadersNonValidated headers) =>
        from header in headers
        from value in header.Value
        select (header.Key, value);
}
