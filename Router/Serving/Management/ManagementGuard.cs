using System.Net;
using System.Security.Cryptography;
using System.Text;
using Router.Configuration;

namespace Router.Serving.Management;

/// <summary>
/// Who may use the management interface: who bears the token, where one is configured; else who is on this machine and asks for it by its
/// address. A page of another site in an operator's browser is neither.
/// </summary>
public sealed partial class ManagementGuard(ManagementSettings settings, TimeProvider time, ILogger<ManagementGuard> logger)
{
    /// <summary>How many wrong tokens there may be in a minute before the next ones are not even looked at.</summary>
    public const int MostFailures = 20;

    private static readonly TimeSpan FailureWindow = TimeSpan.FromMinutes(1);

    // Compared as digests: these are of one length whatever the token's, which the comparison would tell.
    private readonly byte[]? _digest = settings.Token is { } token ? SHA256.HashData(Encoding.UTF8.GetBytes(token)) : null;
    private readonly Lock _lock = new();
    private long _windowBegan;
    private int _failures;

    /// <summary>Why a request is refused; null where it is not.</summary>
    public ProblemDocument? Refusal(HttpContext context)
    {
        if (_digest is null && !IsNamedByAddress(context.Request.Host.Host))
            return new ProblemDocument("misdirected", "This is not the host that was asked for", StatusCodes.Status421MisdirectedRequest, "Ask by localhost or by the address: a name could be another site's that leads here.");
        if (IsCrossSite(context.Request))
            return new ProblemDocument("cross-site", "Another site asks", StatusCodes.Status403Forbidden, "The management interface answers no page of another site.");
        return _digest is null ? null : CheckToken(context);
    }

    private ProblemDocument? CheckToken(HttpContext context)
    {
        // Exhausted: then the right token is not looked at either, for it could be the one that was guessed.
        if (FailuresSoFar() >= MostFailures)
        {
            context.Response.Headers.RetryAfter = "60";
            return new ProblemDocument("too-many-failures", "Too many wrong tokens", StatusCodes.Status429TooManyRequests, "Wait a minute.");
        }

        var field = context.Request.Headers.Authorization.ToString();
        // The scheme's case does not matter (RFC 9110 section 11.1).
        var borne = field.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? field["Bearer ".Length..].Trim() : null;
        if (borne is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(borne)), _digest))
            return null;
        if (borne is not null)
            CountFailure();
        LogRefused(context.Connection.RemoteIpAddress ?? IPAddress.None, borne is null ? "no token" : "a wrong token");
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return new ProblemDocument("unauthorized", "A token is needed", StatusCodes.Status401Unauthorized, "Send Authorization: Bearer and the token of Router:Management:Token. The tool takes it from ROUTER_TOKEN or --token-file.");
    }

    private int FailuresSoFar()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_windowBegan) >= FailureWindow)
                _failures = 0;
            return _failures;
        }
    }

    private void CountFailure()
    {
        lock (_lock)
        {
            if (_failures++ == 0)
                _windowBegan = time.GetTimestamp();
        }
    }

    private static bool IsNamedByAddress(string host) =>
        host is "" || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _);

    // Browsers say where a request comes from; other clients say nothing.
    private static bool IsCrossSite(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is not ("same-origin" or "none");
        return request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The management interface refused {Client}: {Problem}.")]
    private partial void LogRefused(IPAddress client, string problem);
}
