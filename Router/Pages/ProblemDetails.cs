using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Router.Configuration;
using Router.Modes;

namespace Router.Pages;

/// <summary>A response for programs (RFC 9457), used by the site and by the management interface.</summary>
/// <param name="Type">A URI that identifies the kind of problem.</param>
/// <param name="Title">The heading.</param>
/// <param name="Status">The status code.</param>
/// <param name="Detail">What it means.</param>
public sealed record ProblemDetails(string Type, string Title, int Status, string Detail)
{
    /// <summary>The media type (RFC 9457 section 6.1).</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>False if it is certain that no backend received a byte of the request; omitted otherwise.</summary>
    public bool? Forwarded { get; init; }

    /// <summary>
    /// <c>unknown</c> if a backend received all or part of a request that may change something, and gave no complete response; omitted
    /// otherwise.
    /// </summary>
    public string? Outcome { get; init; }

    /// <summary>The mode that closes the site.</summary>
    public string? Mode { get; init; }

    /// <summary>When the site is expected to reopen.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Why the site is closed.</summary>
    public string? Reason { get; init; }

    /// <summary>The validation errors of the request's members.</summary>
    public ImmutableArray<ValidationErrorDocument>? Errors { get; init; }

    /// <summary>The version of the mode's record.</summary>
    public RecordVersion? Version { get; init; }

    /// <summary>A problem with one of Router's own types.</summary>
    public static ProblemDetails Of(string slug, string title, int status, string detail) =>
        new($"urn:router:{slug}", title, status, detail);

    public string ToJson() => JsonSerializer.Serialize(this, ProblemJson.Default.ProblemDetails);
}

/// <summary>An error in one member of a request.</summary>
/// <param name="Member">The member's name.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Hint">How to fix it.</param>
public sealed record ValidationErrorDocument(string Member, string Problem, string Hint)
{
    public static ValidationErrorDocument Of(ValidationError error) => new(error.Key, error.Problem, error.Hint);
}

/// <summary>Writes problems without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class ProblemJson : JsonSerializerContext;
