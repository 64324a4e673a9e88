using Router.Access;
using Router.Routing;

namespace Router.Admission;

/// <summary>What becomes of one request.</summary>
/// <param name="Outcome">What to do.</param>
/// <param name="Route">The route that it concerns; null where none does.</param>
/// <param name="Reason">Why, in a few words for an operator; never shown to a client.</param>
public readonly record struct AdmissionDecision(AdmissionOutcome Outcome, Route? Route, string Reason)
{
    /// <summary>Why the mode does not concern the request; null where it does.</summary>
    public Exemption? Exemption { get; init; }

    /// <summary>Whether the mode closes the route, and only the exemption lets the request pass.</summary>
    public bool PassesClosedMode { get; init; }

    /// <summary>The rate limit that the client is above; null where there is none.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>The status of Router's own response; null where the response is the backend's or a file.</summary>
    public int? Status =>
        Outcome switch
        {
            AdmissionOutcome.Malformed => StatusCodes.Status400BadRequest,
            AdmissionOutcome.ServerOptions => StatusCodes.Status204NoContent,
            AdmissionOutcome.NotRouted => StatusCodes.Status404NotFound,
            AdmissionOutcome.Forbidden => StatusCodes.Status403Forbidden,
            AdmissionOutcome.Closed => StatusCodes.Status503ServiceUnavailable,
            AdmissionOutcome.ClosedRobots => StatusCodes.Status200OK,
            AdmissionOutcome.MethodNotAllowed => StatusCodes.Status405MethodNotAllowed,
            AdmissionOutcome.RateLimited => StatusCodes.Status429TooManyRequests,
            AdmissionOutcome.BodyTooLarge => StatusCodes.Status413PayloadTooLarge,
            _ => null,
        };
}
