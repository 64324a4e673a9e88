namespace Router.Admission;

/// <summary>What happens to a request, in the order of the checks.</summary>
public enum AdmissionOutcome
{
    /// <summary>400: the request is malformed.</summary>
    Malformed,

    /// <summary>Router's own health check or metrics.</summary>
    OwnEndpoint,

    /// <summary>204: <c>OPTIONS *</c> addresses the server as a whole.</summary>
    ServerOptions,

    /// <summary>404: no route matches the host, and the site is open.</summary>
    NotRouted,

    /// <summary>403: the route refuses all clients, or its allow list does not contain the client.</summary>
    Forbidden,

    /// <summary>503: the current mode closes the route.</summary>
    Closed,

    /// <summary>
    /// 200: while the site is closed, <c>robots.txt</c> disallows nothing. A 503 would keep crawlers away from the whole site.
    /// </summary>
    ClosedRobots,

    /// <summary>The closed site's form in which a tester enters a bypass token.</summary>
    BypassForm,

    /// <summary>405: the route serves a file, and the method is not GET or HEAD.</summary>
    MethodNotAllowed,

    /// <summary>429: the client exceeds a rate limit of the route.</summary>
    RateLimited,

    /// <summary>413: the declared length of the body exceeds the route's limit.</summary>
    BodyTooLarge,

    /// <summary>The request waits until the mode opens.</summary>
    Hold,

    /// <summary>Router serves a file.</summary>
    File,

    /// <summary>The request is forwarded to the route's backend.</summary>
    Forward,
}
