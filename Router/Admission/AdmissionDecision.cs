using Router.Access;
using Router.Routing;

namespace Router.Admission;

/// <summary>The admission decision for one request.</summary>
/// <param name="Outcome">What happens to the request.</param>
/// <param name="Route">The matching route; null if there is none.</param>
/// <param name="Reason">A short reason for operators; never shown to a client.</param>
public readonly record struct AdmissionDecision(AdmissionOutcome Outcome, Route? Route, string Reason)
{
    /// <summary>Why the mode does not apply to the request; null if it does.</summary>
    public Exemption? Exemption { get; init; }

    /// <summary>Whether the mode closes the route, and the request is admitted only because of the exemption.</summary>
    public bool PassesClosedMode { get; init; }

    /// <summary>The rate limit that the client exceeds; null if there is none.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>The status of Router's own response; null if the backend responds or Router serves a file.</summary>
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
