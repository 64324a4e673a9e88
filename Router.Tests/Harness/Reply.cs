using System.Net.Http.Headers;

namespace Router.Tests.Harness;

/// <summary>A response as a client has it at the end.</summary>
internal sealed record Reply(int Status, string Body, IReadOnlyList<(string Name, string Value)> Headers)
{
    public static async Task<Reply> OfAsync(HttpResponseMessage response) =>
        new(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync().InTime(),
            [.. FieldsOf(response.Headers.NonValidated), .. FieldsOf(response.Content.Headers.NonValidated)]
        );

    public IReadOnlyList<string> Values(string name) =>
        [.. Headers.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];

    public string? Value(string name) => Values(name) is [_, ..] values ? string.Join(" | ", values) : null;

    private static IEnumerable<(string, string)> FieldsOf(HttpHeadersNonValidated headers) =>
        from field in headers
        from value in field.Value
        select (field.Key, value);
}
