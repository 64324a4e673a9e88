using System.Net;
using System.Reflection;
using Router.Access;
using Router.Admission;
using Router.Configuration;
using Router.Holding;
using Router.Modes;
using Router.Pages;
using Router.Routing;
using Router.Serving;

namespace Router.Management;

/// <summary>Shows the table, and explains what it makes of a request.</summary>
public sealed class TableEndpoints(CurrentSite site, ModeController modes, HeldRequests hold)
{
    private static readonly UriCreationOptions Raw = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private static readonly byte[] OpenApi = Load();

    public void MapTo(WebApplication app)
    {
        app.MapMethods("/routes", ["GET", "HEAD"], (RequestDelegate)ShowAsync);
        app.MapMethods("/explain", ["GET", "HEAD"], (RequestDelegate)ExplainAsync);
        app.MapMethods("/openapi.json", ["GET", "HEAD"], (RequestDelegate)ShowOpenApiAsync);
    }

    private static byte[] Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("openapi.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static Task ShowOpenApiAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = OpenApi.Length;
        return context.SendAsync(OpenApi).AsTask();
    }

    private Task ShowAsync(HttpContext context) =>
        ReadableJson.WriteAsync(
            context,
            new RoutesDocument([.. site.Current.Table.Routes.Select(Describe)]),
            ManagementJson.Default.RoutesDocument
        );

    private Task ExplainAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var errors = new ValidationErrors();
        if (!Uri.TryCreate(query["url"], Raw, out var url) || url.Scheme is not ("http" or "https"))
            errors.Add("url", $"is '{query["url"]}'", "Give an http or https address, such as https://www.example.org/admin/x");
        var client = IPAddress.None;
        if (query["client"].ToString() is { Length: > 0 } address && !ClientAddress.TryParse(address, out client))
            errors.Add("client", $"is '{address}'", "Give an address, such as 203.0.113.9");
        var mode = modes.Current;
        if (query["mode"].ToString() is { Length: > 0 } name && !ModeCatalogue.TryFind(name, out mode!))
            errors.Add("mode", $"is '{name}'", $"Choose one of {ModeCatalogue.Names}");
        if (errors.Any)
            return ManagementProblem.WriteAsync(context, ManagementProblem.Invalid(errors.All, "The request cannot be explained"));

        var method = query["method"].ToString() is { Length: > 0 } said ? said : "GET";
        return ReadableJson.WriteAsync(
            context,
            Explain(url!.Authority, url.AbsolutePath, method, client, mode),
            ManagementJson.Default.ExplainDocument
        );
    }

    // The same decision that a real request would get now, with its steps; in an assumed mode, as if it had long been in force.
    private ExplainDocument Explain(string host, string path, string method, IPAddress client, Mode mode)
    {
        var (current, state, steps) = (site.Current, modes.State, new AdmissionSteps());
        var match = current.Table.Match(host, path);
        var decision = current.Admission.Evaluate(
            AdmissionRequest.Of(method, path, client) with
            {
                MustQueue = mode == state.Mode && hold.MustQueue(current.StateOf(match)?.Upstream),
            },
            match,
            mode == state.Mode ? state : ModeState.Hypothetical(mode),
            steps
        );
        var word = decision.Outcome switch
        {
            AdmissionOutcome.Forward => "forwarded",
            AdmissionOutcome.Hold => "held",
            AdmissionOutcome.OwnEndpoint
            or AdmissionOutcome.File
            or AdmissionOutcome.ServerOptions
            or AdmissionOutcome.ClosedRobots
            or AdmissionOutcome.BypassForm => "Router responds itself",
            _ => "refused",
        };
        return new ExplainDocument(steps.All, $"{word}: {decision.Reason}", decision.Status);
    }

    private static RouteDocument Describe(Route route) =>
        new(
            route.Name,
            route.HostText,
            route.PathText,
            route.Backend?.Name,
            route.Kind.JsonName(),
            route.Backend?.Addresses.ToString(),
            route.File,
            route.AllowList?.Name,
            route.Refuses,
            [.. route.RateLimits.Select(limit => limit.Name)]
        );
}
