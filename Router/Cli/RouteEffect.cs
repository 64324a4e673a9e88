using System.Globalization;
using System.Net;
using Router.Admission;
using Router.Configuration;
using Router.Modes;
using Router.Routing;

namespace Router.Cli;

/// <summary>What a rule of the table does with a request, in the words of the route table.</summary>
public static class RouteEffect
{
    /// <summary>
    /// What happens to a client that the rule allows, decided as for a request: <c>forward</c>, <c>read</c> if a GET is forwarded and a
    /// POST is not, <c>file</c>, <c>wait</c> if the mode holds it, or the status of Router's own response.
    /// </summary>
    public static string Of(Route route, Mode mode, AdmissionPolicy admission)
    {
        var client = route.AllowList?.Sample ?? IPAddress.None;
        var (get, post) = (Decide("GET"), Decide("POST"));
        return get.Status?.ToString(CultureInfo.InvariantCulture)
            ?? (
                get.Outcome == AdmissionOutcome.File ? "file"
                : get.Outcome == AdmissionOutcome.Hold ? "wait"
                : post.Outcome == AdmissionOutcome.Forward ? "forward"
                : "read"
            );

        AdmissionDecision Decide(string method) =>
            admission.Evaluate(AdmissionRequest.Of(method, "/", client), RouteMatch.Of(route), ModeState.Hypothetical(mode));
    }

    /// <summary>Who may use the rule: everyone, nobody, or the name of an allow list with the number of its ranges.</summary>
    public static string Clients(Route route) =>
        route.Refuses ? "nobody"
        : route.AllowList is { } list ? $"{list.Name} ({list.Count})"
        : RuleSettings.Everyone;
}
