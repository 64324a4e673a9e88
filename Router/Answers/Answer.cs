namespace Router.Answers;

/// <summary>One of the answers that Router makes itself, in the words that people and programs get.</summary>
/// <param name="Status">The status code (RFC 9110 section 15).</param>
/// <param name="Slug">A stable name for programs, the last part of the problem's type (RFC 9457 section 3.1.1).</param>
/// <param name="Title">A heading without jargon.</param>
/// <param name="Detail">What it means for the one who reads it, and what to do.</param>
public sealed record Answer(int Status, string Slug, string Title, string Detail)
{
    /// <summary>The request breaks HTTP's rules or can be read in two ways.</summary>
    public static Answer BadRequest { get; } = new(
        400, "bad-request", "This request could not be understood", "Check the address and try again.");

    /// <summary>An address rule keeps the client out.</summary>
    public static Answer Forbidden { get; } = new(
        403, "forbidden", "You do not have access to this page", "If you think that you should have, contact the people who run this service.");

    /// <summary>No route has the host.</summary>
    public static Answer NotFound { get; } = new(
        404, "not-found", "Page not found", "If you typed the web address, check that it is correct.");

    /// <summary>The body came too slowly.</summary>
    public static Answer TooSlow { get; } = new(
        408, "too-slow", "What you sent took too long to arrive", "Check your connection and try again.");

    /// <summary>The body is longer than the route allows.</summary>
    public static Answer TooLarge { get; } = new(
        413, "too-large", "What you sent is too large", "Send a smaller file or less text.");

    /// <summary>The client has asked more often than a rate limit allows.</summary>
    public static Answer TooMany { get; } = new(
        429, "too-many", "You have sent too many requests", "Wait a few minutes and try again. This request was not carried out: nothing was saved or changed.");

    /// <summary>The backend could not be reached, or what it said is no answer.</summary>
    public static Answer BadGateway { get; } = new(
        502, "bad-gateway", "Sorry, there is a problem with the service", "Try again in a few minutes.");

    /// <summary>The mode closes the backend.</summary>
    public static Answer Closed { get; } = new(
        503, "closed", "Sorry, the service is unavailable", "You will be able to use the service later. The request was not carried out: nothing was saved or changed.");

    /// <summary>The backend has more to do than it can, or could not be reached several times.</summary>
    public static Answer Busy { get; } = new(
        503, "busy", "Sorry, there is a problem with the service", "Try again in a few minutes.");

    /// <summary>The site was closed, and the time was over that what was in flight had.</summary>
    public static Answer Cut { get; } = new(
        503, "cut", "Sorry, the service has just become unavailable", "What you sent may or may not have been saved. Check before you send it again.");

    /// <summary>The backend took too long.</summary>
    public static Answer GatewayTimeout { get; } = new(
        504, "gateway-timeout", "Sorry, the service is taking too long to answer", "Try again in a few minutes.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Answer> All { get; } = [BadRequest, Forbidden, NotFound, TooSlow, TooLarge, TooMany, BadGateway, Closed, Busy, Cut, GatewayTimeout];
}
