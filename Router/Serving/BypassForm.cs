using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Router.Access;
using Router.Admission;
using Router.Headers;
using Router.Metrics;
using Router.Modes;
using Router.Pages;

namespace Router.Serving;

/// <summary>
/// The <c>/_bypass</c> page: takes a bypass token, sets a cookie that the browser accepts for its host and scheme, and shows whether the
/// bypass is active.
/// </summary>
public sealed partial class BypassForm(BypassGate gate, RouterMetrics metrics, TimeProvider time, ILogger<BypassForm> logger) : IDisposable
{
    // The redirect after an accepted token leads here. If the cookie is missing then, the browser has dropped it.
    private const string Entered = "entered";

    private const int MaxBody = 4096;

    private readonly WrongTokens _wrong = new("bypass", time);

    /// <summary>Shows the page or accepts a token.</summary>
    public async ValueTask HandleAsync(HttpContext context, Site site, ModeState state, IPAddress client)
    {
        if (context.Request.Method is "POST")
            await TakeAsync(context, site, state, client).ConfigureAwait(false);
        else if (gate.Find(context.Request, state, client) is { } active)
            await WriteAsync(context, site, new BypassPage { ActiveUntil = active.Until }).ConfigureAwait(false);
        else if (context.Request.Query.ContainsKey(Entered))
            await WriteAsync(context, site, Empty(context, site, state) with { Problem = "bypass.dropped" }).ConfigureAwait(false);
        else
            await WriteAsync(context, site, Empty(context, site, state)).ConfigureAwait(false);
    }

    public void Dispose() => _wrong.Dispose();

    private async ValueTask TakeAsync(HttpContext context, Site site, ModeState state, IPAddress client)
    {
        if (CrossSite.Sent(context.Request, anyScheme: true))
        {
            await WriteAsync(
                    context,
                    site,
                    Empty(context, site, state) with
                    {
                        Problem = "bypass.cross-site",
                    },
                    StatusCodes.Status403Forbidden
                )
                .ConfigureAwait(false);
            return;
        }

        var token = await ReadTokenAsync(context).ConfigureAwait(false);
        if (token is null)
        {
            await WriteAsync(
                    context,
                    site,
                    Empty(context, site, state) with
                    {
                        Problem = "bypass.unreadable",
                    },
                    StatusCodes.Status400BadRequest
                )
                .ConfigureAwait(false);
            return;
        }

        if (gate.Find(token, state) is { } bypass)
        {
            AppendCookie(context, site, token, bypass, client);
            return;
        }

        if (!_wrong.Allow(client))
        {
            metrics.RateLimited(_wrong.Limit);
            context.Response.Headers.RetryAfter = _wrong.Limit.RetryAfter;
            await WriteAsync(
                    context,
                    site,
                    Empty(context, site, state) with
                    {
                        Problem = "bypass.too-many",
                    },
                    StatusCodes.Status429TooManyRequests
                )
                .ConfigureAwait(false);
            return;
        }

        LogWrong(client);
        await WriteAsync(context, site, Empty(context, site, state) with { Problem = "bypass.wrong" }, StatusCodes.Status403Forbidden)
            .ConfigureAwait(false);
    }

    private void AppendCookie(HttpContext context, Site site, string token, Bypass bypass, IPAddress client)
    {
        var isSecure = IsSecure(context, site);
        context.Response.Cookies.Append(
            isSecure ? BypassToken.SecureCookie : BypassToken.PlainCookie,
            token,
            new CookieOptions
            {
                Domain = DomainFor(context, site),
                HttpOnly = true,
                Secure = isSecure,
                SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Lax,
                Path = "/",
                Expires = bypass.Until,
            }
        );
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = $"{BypassGate.FormPath}?{Entered}";
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        LogEntered(client, bypass.Id, bypass.Until);
    }

    // Null if the request has no readable form. Parsed here because the framework's reader throws on boundaries and charsets that it cannot
    // use.
    private static async ValueTask<string?> ReadTokenAsync(HttpContext context)
    {
        if (
            !MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
        )
            return null;
        var body = new byte[MaxBody + 1];
        var length = await context
            .Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted)
            .ConfigureAwait(false);
        if (length > MaxBody)
            return null;
        return QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body, 0, length)).TryGetValue("token", out var token) && token is [{ } only]
            ? only.Trim()
            : null;
    }

    // The page before a token was entered.
    private BypassPage Empty(HttpContext context, Site site, ModeState state) =>
        new() { TokensEnd = gate.LastEnd(state), OnlyHost = DomainFor(context, site) is null ? context.Request.Host.Host : null };

    // A browser drops a cookie whose domain does not match its host. A cookie without a domain is valid for that host alone.
    private static string? DomainFor(HttpContext context, Site site)
    {
        var host = context.Request.Host.Host;
        return
            site.Settings.BypassCookieDomain is { } domain
            && (host.Equals(domain, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + domain, StringComparison.OrdinalIgnoreCase))
            ? domain
            : null;
    }

    // The browser drops a secure cookie received over plain http. The browser's Origin header states the scheme that it used; without it,
    // the load balancer's header does.
    private static bool IsSecure(HttpContext context, Site site)
    {
        var request = context.Request;
        if (request.Headers.Origin.ToString() is { Length: > 0 } origin && origin is not "null")
            return origin.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (request.IsHttps || site.RequestRules.ForwardedProto is "https")
            return true;
        return site.TrustedProxies?.Contains(context.Connection.RemoteIpAddress ?? IPAddress.None) == true
            && request.Headers["X-Forwarded-Proto"] == "https";
    }

    private static async ValueTask WriteAsync(HttpContext context, Site site, BypassPage page, int status = StatusCodes.Status200OK)
    {
        var body = site.Pages.BypassForm(context.Request.Headers.AcceptLanguage.ToString(), page);
        context.Response.StatusCode = status;
        ProtectiveHeaders.AddFormPolicy(context.Response);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.SendAsync(body).ConfigureAwait(false);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "A browser at {Client} entered the token of bypass {Id}, valid until {Until:u}."
    )]
    private partial void LogEntered(IPAddress client, string id, DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Rejected an unknown or expired bypass token from {Client}.")]
    private partial void LogWrong(IPAddress client);
}
