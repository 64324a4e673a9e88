using System.Net;
using System.Security.Cryptography;
using System.Text;
using Router.Access;
using Router.Configuration;
using Router.Pages;

namespace Router.Management;

/// <summary>
/// Who may use the management interface: if a token is configured, clients that send it; otherwise clients on this machine that request it
/// by a loopback name. The read token allows GET and HEAD only. A page of another site in an operator's browser is refused in any case.
/// </summary>
public sealed partial class ManagementGuard(ManagementSettings settings, TimeProvider time, ILogger<ManagementGuard> logger) : IDisposable
{
    private readonly WrongTokens _wrong = new("management", time);

    public bool NeedsToken => settings.Token is not null;

    /// <summary>Why a request is refused; null if it is not.</summary>
    /// <param name="context">The request.</param>
    /// <param name="isPublic">Whether it is for something that is no secret, which a browser requests without the token: the operator's
    /// page, which asks for the token itself.</param>
    public ProblemDetails? Refusal(HttpContext context, bool isPublic)
    {
        // A name of another site can lead here, and then its pages would be of the same origin (DNS rebinding).
        if (!NeedsToken && context.Request.Host.Host is not "" and var host && !LocalAddress.IsLoopback(host))
            return ProblemDetails.Of(
                "misdirected",
                "Unexpected host name",
                StatusCodes.Status421MisdirectedRequest,
                "Use localhost or a loopback address such as 127.0.0.1: other names are rejected to prevent DNS rebinding."
            );
        if (CrossSite.Sent(context.Request) && !(isPublic && IsNavigation(context.Request)))
            return ProblemDetails.Of(
                "cross-site",
                "Request from another site",
                StatusCodes.Status403Forbidden,
                "The management interface does not respond to pages of other sites."
            );
        return !NeedsToken || isPublic ? null : CheckToken(context);
    }

    /// <summary>Whether the request bears the token that can only read.</summary>
    public bool IsReadOnly(HttpRequest request) => Matches(Borne(request), settings.ReadToken);

    private ProblemDetails? CheckToken(HttpContext context)
    {
        var borne = Borne(context.Request);
        if (Matches(borne, settings.Token))
            return null;
        if (Matches(borne, settings.ReadToken))
            return HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)
                ? null
                : ProblemDetails.Of(
                    "read-only-token",
                    "This token can only read",
                    StatusCodes.Status403Forbidden,
                    "Nothing was changed. Send the token of Router:Management:Token to change something."
                );
        var client = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (borne is not null && !_wrong.Allow(client))
        {
            context.Response.Headers.RetryAfter = _wrong.Limit.RetryAfter;
            return ProblemDetails.Of(
                "too-many-failures",
                "Too many wrong tokens",
                StatusCodes.Status429TooManyRequests,
                "Send the correct token: it is accepted at any time."
            );
        }

        LogRefused(client, borne is null ? "no token" : "a wrong token");
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return ProblemDetails.Of(
            "unauthorized",
            "A token is required",
            StatusCodes.Status401Unauthorized,
            "Send Authorization: Bearer and the token of Router:Management:Token. The tool takes it from ROUTER_TOKEN or --token-file."
        );
    }

    public void Dispose() => _wrong.Dispose();

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    // The scheme's case does not matter (RFC 9110 section 11.1).
    private static string? Borne(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;
    }

    // Compared as digests: these are of one length whatever the token's, which the comparison would reveal.
    private static bool Matches(string? borne, string? token) =>
        borne is not null && token is not null && CryptographicOperations.FixedTimeEquals(Digest(borne), Digest(token));

    // A link in a runbook or a chat opens the page at the top level of a tab, where the other site can neither read nor click it.
    private static bool IsNavigation(HttpRequest request) =>
        request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";

    [LoggerMessage(Level = LogLevel.Warning, Message = "The management interface refused {Client}: {Problem}.")]
    private partial void LogRefused(IPAddress client, string problem);
}
