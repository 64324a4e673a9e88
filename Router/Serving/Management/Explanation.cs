using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Router.Access;
using Router.Modes;
using Router.Routing;

namespace Router.Serving.Management;

/// <summary>What the table and a mode make of one request: the very decision that it would meet, question by question.</summary>
public static class Explanation
{
    /// <summary>Explains.</summary>
    /// <param name="site">The site.</param>
    /// <param name="host">The host, with its port where there is one.</param>
    /// <param name="path">The raw path.</param>
    /// <param name="method">The method.</param>
    /// <param name="client">The client's address; null for one that no list names.</param>
    /// <param name="mode">The mode.</param>
    public static ExplainDocument Of(Site site, string host, string path, string method, IPAddress? client, Mode mode)
    {
        var match = site.Table.Match(host, path);
        var decision = Decision.Of(match, method, client ?? IPAddress.None, mode);
        var steps = ImmutableArray.CreateBuilder<ExplainStep>();
        steps.Add(new ExplainStep("is it well-formed", match.Fault is null ? "yes" : $"no: {match.Fault}"));
        if (match.Fault is null)
        {
            steps.Add(new ExplainStep("whose is it", match.Route is { } found ? $"{found.Name}: host {found.HostText}, path {found.PathText ?? "(every other path)"}" : "nobody's: no route has this host"));
            if (match.Route is { } route)
                Add(steps, route, match, client, method, mode);
        }

        return new ExplainDocument(steps.ToImmutable(), $"{Word(decision)}: {decision.Reason}", StatusOf(decision.Outcome));
    }

    private static void Add(ImmutableArray<ExplainStep>.Builder steps, Route route, in RouteMatch match, IPAddress? client, string method, Mode mode)
    {
        var asked = client?.ToString() ?? "a client that no list names";
        steps.Add(new ExplainStep("may this client", route.Refuses ? "no: the rule refuses everyone" : Allows(route.AllowList, client, asked)));
        if (!match.AlsoMet.IsDefault)
        {
            foreach (var other in match.AlsoMet)
                steps.Add(new ExplainStep($"may this client, by another reading of the path ({other.Name})", Allows(other.AllowList, client, asked)));
        }

        steps.Add(new ExplainStep(
            "may this mode",
            route.InEveryMode ? $"yes: the rule answers with {route.File} in every mode" : mode.Reaches(route.Kind, method) ? $"yes: {mode} reaches a {route.Kind} with {method}" : $"no: {mode} closes a {route.Kind} for {method}"));
        steps.Add(new ExplainStep(
            "how often",
            route.RateLimits is [] ? "without limit" : string.Join(", ", route.RateLimits.Select(limit => string.Create(CultureInfo.InvariantCulture, $"{limit.Name}: {limit.Rate} a second and {limit.Burst} at once")))));
        steps.Add(new ExplainStep("where to", route.Backend is { } backend ? $"backend {backend.Name} at {backend.Addresses}" : route.File is { } file ? $"the file {file}" : "nowhere"));
    }

    private static string Allows(AllowList? list, IPAddress? client, string asked) =>
        list is null ? "yes: everyone may" : client is not null && list.Contains(client) ? $"yes: {asked} is in {list.Name}" : $"no: {asked} is not in {list.Name}";

    private static string Word(in Decision decision) => decision.Outcome switch
    {
        Outcome.Forward => "forwarded",
        Outcome.File => "answered with a file",
        Outcome.Server => "answered by Router",
        _ => "refused",
    };

    private static int? StatusOf(Outcome outcome) => outcome switch
    {
        Outcome.Malformed => 400,
        Outcome.NotRouted => 404,
        Outcome.Forbidden => 403,
        Outcome.Closed => 503,
        Outcome.Server => 204,
        _ => null,
    };
}
