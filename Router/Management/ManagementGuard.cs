using System.Net;
using System.Security.Cryptography;
using System.Text;
using Router.Access;
using Router.Configuration;
using Router.Pages;

namespace Router.Management;

/// <summary>
/// Who may use the management interface: who bears the token, where one is configured; else who is on this machine and asks for it by its
/// address. A page of another site in an operator's browser is neither.
/// </summary>
public sealed partial class ManagementGuard(ManagementSettings settings, TimeProvider time, ILogger<ManagementGuard> logger) : IDisposable
{
    // Compared as digests: these are of one length whatever the token's, which the comparison would tell.
    private readonly byte[]? _digest = settings.Token is { } token ? SHA256.HashData(Encoding.UTF8.GetBytes(token)) : null;
    private readonly WrongTokens _wrong = new("management", time);

    /// <summary>Why a request is refused; null where it is not.</summary>
    public ProblemDetails? Refusal(HttpContext context)
    {
        if (_digest is null && !IsNamedByAddress(context.Request.Host.Host))
            return ProblemDetails.Of(
                "misdirected",
                "This is not the host that was asked for",
                StatusCodes.Status421MisdirectedRequest,
                "Ask by localhost or by the address: a name could be another site's that leads here."
            );
        if (CrossSite.Sent(context.Request))
            return ProblemDetails.Of(
                "cross-site",
                "Another site asks",
                StatusCodes.Status403Forbidden,
                "The management interface answers no page of another site."
            );
        return _digest is null ? null : CheckToken(context);
    }

    private ProblemDetails? CheckToken(HttpContext context)
    {
        var field = context.Request.Headers.Authorization.ToString();
        // The scheme's case does not matter (RFC 9110 section 11.1).
        var borne = field.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? field["Bearer ".Length..].Trim() : null;
        if (borne is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(borne)), _digest))
            return null;
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
            "A token is needed",
            StatusCodes.Status401Unauthorized,
            "Send Authorization: Bearer and the token of Router:Management:Token. The tool takes it from ROUTER_TOKEN or --token-file."
        );
    }

    public void Dispose() => _wrong.Dispose();

    private static bool IsNamedByAddress(string host) =>
        host is "" || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The management interface refused {Client}: {Problem}.")]
    private partial void LogRefused(IPAddress client, string problem);
}
