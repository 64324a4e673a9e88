using System.Net;
using Router.Access;
using Router.Modes;

namespace Router.Admission;

/// <summary>Recognizes the testers whom an operator lets through a closed site.</summary>
public sealed class BypassGate(FleetClock time)
{
    /// <summary>The path to which a browser posts its token, on every routed host while the mode closes anything.</summary>
    public const string FormPath = "/_bypass";

    /// <summary>Whether any bypass exists. This check costs a closed site's ordinary visitors next to nothing.</summary>
    public static bool IsOpen(ModeState state) => state.Record.Bypasses is not [];

    /// <summary>The exemption that admits a request although the mode closes its route; null if there is none.</summary>
    public Exemption? ExemptionOf(in AdmissionRequest request, ModeState state)
    {
        // The form is Router's own page, for testers too: it shows them that their bypass is active.
        if (!IsOpen(state) || request.Path == FormPath)
            return null;
        var bypass = request.Http is { } http ? Find(http, state, request.Client) : FindByAddress(state, request.Client);
        return bypass is null ? null : Exemption.Tester(bypass.Id);
    }

    /// <summary>The valid bypass of a request; null if there is none.</summary>
    public Bypass? Find(HttpRequest request, ModeState state, IPAddress client)
    {
        if (!IsOpen(state))
            return null;
        foreach (var token in BypassToken.Of(request))
        {
            if (Find(token, state) is { } bypass)
                return bypass;
        }

        return FindByAddress(state, client);
    }

    /// <summary>The bypass with this token; null if there is none or it has expired.</summary>
    public Bypass? Find(string token, ModeState state)
    {
        // The comparison uses the hash of a secret that cannot be guessed, so its timing reveals nothing about the secret.
        var hash = BypassToken.HashOf(token);
        return Holding(state).FirstOrDefault(bypass => bypass.TokenHash == hash);
    }

    private Bypass? FindByAddress(ModeState state, IPAddress client) => Holding(state).FirstOrDefault(bypass => bypass.IsFor(client));

    /// <summary>When the last of the currently valid bypasses expires; null if there are none.</summary>
    public DateTimeOffset? LastEnd(ModeState state) => Holding(state).Max(bypass => (DateTimeOffset?)bypass.Until);

    private IEnumerable<Bypass> Holding(ModeState state) => state.BypassesAt(time.GetUtcNow());

    /// <summary>
    /// States in the response that a bypass was used, and keeps the tester's view of a closed site out of caches, whatever the
    /// application's headers say. It says nothing if the bypass ends before the request was sent.
    /// </summary>
    public static void MarkUsed(HttpResponse response, string id, Func<bool> isInUse) =>
        response.OnStarting(
            static state =>
            {
                var (headers, id, isInUse) = ((IHeaderDictionary, string, Func<bool>))state;
                if (!isInUse())
                    return Task.CompletedTask;
                headers.CacheControl = "private, no-store";
                headers[BypassToken.Header] = $"active; id={id}";
                return Task.CompletedTask;
            },
            (response.Headers, id, isInUse)
        );

    /// <summary>States on the closed site's page that the request's token is not valid.</summary>
    public static void MarkUnknown(HttpContext context)
    {
        if (BypassToken.Of(context.Request).Any())
            context.Response.Headers[BypassToken.Header] = "unknown-or-expired";
    }
}
