using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>The content and appearance of Router's own responses, from <c>Router:Pages</c>.</summary>
public sealed record PagesSettings
{
    /// <summary>The service's name, above the heading and in the title; null for none.</summary>
    public string? ServiceName { get; init; }

    /// <summary>Whom to contact: an e-mail or web address, which becomes a link, or a text.</summary>
    public string? Contact { get; init; }

    /// <summary>The zone in which times are shown. Default UTC.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>The language for clients that request none of the available ones. Default <c>en</c>.</summary>
    public required string Language { get; init; }

    /// <summary>The language in which operators write reasons, as a tag (RFC 5646). Default <see cref="Language"/>.</summary>
    public required string ReasonLanguage { get; init; }

    /// <summary>The page: a file of <c>wwwroot</c>. Default <c>page.html</c>.</summary>
    public required string Template { get; init; }

    /// <summary>The origins (RFC 6454) whose scripts may read Router's own responses.</summary>
    public required ImmutableArray<string> AllowedOrigins { get; init; }

    /// <summary>The colours on a light background.</summary>
    public required PageColours Colours { get; init; }

    /// <summary>The colours on a dark background.</summary>
    public required PageColours DarkColours { get; init; }

    /// <summary>Texts that override those of the language files: by language, then by key.</summary>
    public required ImmutableArray<(string Language, ImmutableArray<KeyValuePair<string, string>> Texts)> Texts { get; init; }
}
