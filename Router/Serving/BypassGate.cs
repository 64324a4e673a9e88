using System.Net;
using Router.Access;
using Router.Answers;
using Router.Forwarding.InFlight;
using Router.Modes;

namespace Router.Serving;

/// <summary>Knows the testers that an operator lets through a closed site.</summary>
public sealed partial class BypassGate(FleetClock time, ILogger<BypassGate> logger)
{
    /// <summary>Where a browser posts its token to, on every routed host while the site is closed.</summary>
    public const string FormPath = "/_bypass";

    /// <summary>Whether there is anybody at all; what costs a closed site's visitor next to nothing.</summary>
    public static bool IsOpen(ModeState state) => state.Record.Bypasses is not [];

    /// <summary>Why a request may pass; null where it may not.</summary>
    public Passage? PassageOf(HttpRequest request, ModeState state, IPAddress client)
    {
        // Cut off from the store, an instance does not know whether a bypass still holds.
        if (!IsOpen(state) || state.IsLapsed)
            return null;
        var now = time.GetUtcNow();
        var token = BypassToken.Of(request);
        var hash = token is null ? null : BypassToken.HashOf(token);
        foreach (var bypass in state.Record.Bypasses)
        {
            // What is compared is the hash of a secret that can't be guessed: how long it takes tells nothing of the secret.
            if (bypass.HoldsIn(state.Step.Window, now) && ((hash is not null && bypass.TokenHash == hash) || bypass.IsFor(client)))
                return Passage.Tester(bypass.Id);
        }

        return null;
    }

    /// <summary>Shows the form that takes a token, or takes it: then the browser has it as a cookie, and goes to the site.</summary>
    public async ValueTask HandleFormAsync(HttpContext context, Site site, ModeState state)
    {
        if (context.Request.Method is not "POST")
        {
            await WriteAsync(context, site, isWrong: false).ConfigureAwait(false);
            return;
        }

        var token = "";
        if (context.Request.HasFormContentType && context.Request.ContentLength is <= 4096)
            token = (await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false))["token"].ToString().Trim();
        var hash = BypassToken.HashOf(token);
        var bypass = state.Record.Bypasses.FirstOrDefault(bypass => bypass.TokenHash == hash && bypass.HoldsIn(state.Step.Window, time.GetUtcNow()));
        if (bypass is null)
        {
            LogWrong(context.Connection.RemoteIpAddress);
            await WriteAsync(context, site, isWrong: true).ConfigureAwait(false);
            return;
        }

        context.Response.Cookies.Append(BypassToken.Cookie, token, new CookieOptions
        {
            Domain = site.Settings.BypassCookieDomain,
            HttpOnly = true,
            Secure = true,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            Expires = bypass.Until,
        });
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = "/";
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        LogEntered(bypass.Id);
    }

    private static async ValueTask WriteAsync(HttpContext context, Site site, bool isWrong)
    {
        var body = site.Pages.BypassForm(context.Request.Headers.AcceptLanguage.ToString(), isWrong);
        context.Response.StatusCode = isWrong ? StatusCodes.Status403Forbidden : StatusCodes.Status200OK;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.SendAsync(body).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A browser has the bypass {Id} from now on.")]
    private partial void LogEntered(string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Somebody at {Address} gave a bypass token that is none.")]
    private partial void LogWrong(IPAddress? address);
}
