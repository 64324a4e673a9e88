using Router.Access;
using Router.Pages;
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

    /// <summary>Router's own response with a page or a problem document; null if there is none.</summary>
    public OwnResponse? Response =>
        Outcome switch
        {
            AdmissionOutcome.Malformed => OwnResponse.BadRequest,
            AdmissionOutcome.NotRouted => OwnResponse.NotFound,
            AdmissionOutcome.Forbidden => OwnResponse.Forbidden,
            AdmissionOutcome.Closed => OwnResponse.Closed,
            AdmissionOutcome.RateLimited => OwnResponse.TooMany,
            AdmissionOutcome.BodyTooLarge => OwnResponse.TooLarge,
            _ => null,
        };

    /// <summary>
    /// The status of Router's own response; null if the backend responds, or if the status depends on more than the decision.
    /// </summary>
    public int? Status =>
        Response?.Status
        ?? Outcome switch
        {
            AdmissionOutcome.ServerOptions => StatusCodes.Status204NoContent,
            AdmissionOutcome.ClosedRobots => StatusCodes.Status200OK,
            AdmissionOutcome.MethodNotAllowed => StatusCodes.Status405MethodNotAllowed,
            _ => null,
        };
}
