using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Router.Configuration;
using Router.Modes;

namespace Router.Pages;

/// <summary>A response for programs (RFC 9457), of the site and of the management interface.</summary>
/// <param name="Type">A URI that names the kind of problem.</param>
/// <param name="Title">The heading.</param>
/// <param name="Status">The status code.</param>
/// <param name="Detail">What it means.</param>
public sealed record ProblemDetails(string Type, string Title, int Status, string Detail)
{
    /// <summary>The media type (RFC 9457 section 6.1).</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>False where it is certain that no backend got a byte of the request; left out where it is not.</summary>
    public bool? Forwarded { get; init; }

    /// <summary>
    /// <c>unknown </c> where a backend got a request that may change something, or a part of it, and gave no complete response; otherwise
    /// left out.
    /// </summary>
    public string? Outcome { get; init; }

    /// <summary>The mode that closes the site.</summary>
    public string? Mode { get; init; }

    /// <summary>When it is to be open again.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Why it is closed.</summary>
    public string? Reason { get; init; }

    /// <summary>What is wrong with the members of the request.</summary>
    public ImmutableArray<ValidationErrorDocument>? Faults { get; init; }

    /// <summary>The version of the mode's record.</summary>
    public RecordVersion? Version { get; init; }

    /// <summary>A problem whose type is Router's own.</summary>
    public static ProblemDetails Of(string slug, string title, int status, string detail) =>
        new($"urn:router:{slug}", title, status, detail);

    public string ToJson() => JsonSerializer.Serialize(this, ProblemJson.Default.ProblemDetails);
}

/// <summary>An error in one member of a request.</summary>
/// <param name="Member">The member's name.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Cure">What would be right.</param>
public sealed record ValidationErrorDocument(string Member, string Problem, string Cure)
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
