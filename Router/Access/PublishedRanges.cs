using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// Parses a published list of address ranges: the ip-ranges format
/// (<c>{"prefixes":[{"ip_prefix":"…","service":"…"}],"ipv6_prefixes":[{"ipv6_prefix":"…","service":"…"}]}</c>), or plain text with one
/// range per line. A list is accepted as a whole or not at all.
/// </summary>
public static class PublishedRanges
{
    private static readonly char[] Separators = [',', ' ', '\t', '\r', '\n'];

    /// <summary>Parses the list.</summary>
    /// <param name="content">The list.</param>
    /// <param name="service">The service whose ranges are used; null for all. Plain text has no services.</param>
    /// <exception cref="FormatException">It is not such a list, it is empty, or it would trust everyone.</exception>
    public static ImmutableArray<IPNetwork> Read(ReadOnlyMemory<byte> content, string? service)
    {
        ImmutableArray<IPNetwork> ranges = content.Span.TrimStart(" \t\r\n\uFEFF"u8).StartsWith("{"u8)
            ? [.. Json(content, service)]
            : [.. Encoding.UTF8.GetString(content.Span).Split(Separators, StringSplitOptions.RemoveEmptyEntries).Select(Range)];
        return ranges is not []
            ? ranges
            : throw new FormatException(service is null ? "it has no range" : $"it has no range of service {service}");
    }

    private static List<IPNetwork> Json(ReadOnlyMemory<byte> content, string? service)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            return
            [
                .. Prefixes(document, "prefixes", "ip_prefix", service),
                .. Prefixes(document, "ipv6_prefixes", "ipv6_prefix", service),
            ];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new FormatException($"it does not have the ip-ranges format ({error.Message.TrimEnd('.')})", error);
        }
    }

    private static IEnumerable<IPNetwork> Prefixes(JsonDocument document, string list, string property, string? service)
    {
        if (!document.RootElement.TryGetProperty(list, out var entries))
            return [];
        return from entry in entries.EnumerateArray()
            where
                service is null
                || (entry.TryGetProperty("service", out var name) && service.Equals(name.GetString(), StringComparison.OrdinalIgnoreCase))
            select Range(entry.TryGetProperty(property, out var range) ? range.GetString() : null);
    }

    // A trusted proxy can claim to be any client: a list that covers every address has been broken or forged.
    private static IPNetwork Range(string? text) =>
        !AddressRange.TryParse(text, out var range) ? throw new FormatException(AddressRange.Problem(text))
        : range.PrefixLength == 0 ? throw new FormatException($"'{text}' covers every address")
        : range;
}
