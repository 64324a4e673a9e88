using System.Text.Json.Serialization;

namespace Router.Answers;

/// <summary>An answer for programs (RFC 9457).</summary>
/// <param name="Type">A URI that names the kind of problem.</param>
/// <param name="Title">The heading.</param>
/// <param name="Status">The status code.</param>
/// <param name="Detail">What it means.</param>
public sealed record ProblemDetails(string Type, string Title, int Status, string Detail)
{
    /// <summary>The media type (RFC 9457 section 6.1).</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The problem that an answer tells of.</summary>
    public static ProblemDetails Of(Answer answer) => new($"urn:router:{answer.Slug}", answer.Title, answer.Status, answer.Detail);
}

/// <summary>Writes problems without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class ProblemJson : JsonSerializerContext;
