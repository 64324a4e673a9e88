using System.Net;
using Router.Access;
using Router.Modes;

namespace Router.Admission;

/// <summary>Knows the testers that an operator lets through a closed site.</summary>
public sealed class BypassGate(FleetClock time)
{
    /// <summary>The response header that says whether a request's bypass is active.</summary>
    public const string StateHeader = BypassToken.Header;

    /// <summary>Where a browser posts its token to, on every routed host while the site is closed.</summary>
    public const string FormPath = "/_bypass";

    /// <summary>Whether there is anybody at all; what costs a closed site's visitor next to nothing.</summary>
    public static bool IsOpen(ModeState state) => state.Record.Bypasses is not [];

    /// <summary>Why a request may pass a mode that closes its route; null where it may not.</summary>
    public Exemption? ExemptionOf(in AdmissionRequest request, ModeState state)
    {
        // The form is Router's own, also for testers: it shows them that their bypass is active.
        if (!IsOpen(state) || request.Path == FormPath)
            return null;
        var bypass = request.Http is { } http ? Find(http, state, request.Client) : FindByAddress(state, request.Client);
        return bypass is null ? null : Exemption.Tester(bypass.Id);
    }

    /// <summary>The bypass that holds for a request; null where none does.</summary>
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

    /// <summary>The bypass of a token; null where none has it, or its time is over.</summary>
    public Bypass? Find(string token, ModeState state)
    {
        // What is compared is the hash of a secret that can't be guessed: how long it takes tells nothing of the secret.
        var hash = BypassToken.HashOf(token);
        return Holding(state).FirstOrDefault(bypass => bypass.TokenHash == hash);
    }

    private Bypass? FindByAddress(ModeState state, IPAddress client) => Holding(state).FirstOrDefault(bypass => bypass.IsFor(client));

    /// <summary>When the last of the bypasses that hold now ends; null where none holds.</summary>
    public DateTimeOffset? LastEnd(ModeState state) => Holding(state).Max(bypass => (DateTimeOffset?)bypass.Until);

    // Cut off from the store, an instance does not know whether a bypass still holds.
    private IEnumerable<Bypass> Holding(ModeState state)
    {
        var now = time.GetUtcNow();
        return state.IsLapsed ? [] : state.Record.Bypasses.Where(bypass => bypass.HoldsIn(state.Step.Window, now));
    }

    /// <summary>
    /// Says in the response that a bypass was used, and keeps what a tester sees of a closed site out of caches, whatever the application
    /// says.
    /// </summary>
    public static void MarkUsed(HttpResponse response, string id) =>
        response.OnStarting(
            static state =>
            {
                var (headers, id) = ((IHeaderDictionary, string))state;
                headers.CacheControl = "private, no-store";
                headers[StateHeader] = $"active; id={id}";
                return Task.CompletedTask;
            },
            (response.Headers, id)
        );

    /// <summary>Says on the closed site's page that the token of the request opens nothing.</summary>
    public static void MarkUnknown(HttpContext context)
    {
        if (BypassToken.Of(context.Request).Any())
            context.Response.Headers[StateHeader] = "unknown-or-expired";
    }
}
