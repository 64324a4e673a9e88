using System.Text.Json.Serialization;
using Router.Admission;
using Router.Configuration;
using Router.Modes;
using Router.Routing;

namespace Router.Cli;

/// <summary>What <c>router check --json</c> prints.</summary>
/// <param name="Valid">Whether Router could start with the configuration.</param>
/// <param name="Mode">The mode at startup; null if the configuration is invalid.</param>
/// <param name="Errors">Everything that prevents a start; empty if it is valid.</param>
/// <param name="Warnings">What does not prevent a start, but is probably not intended.</param>
/// <param name="InUse">The addresses to listen on that another process uses now, possibly a running Router.</param>
/// <param name="Backends">The backends that a route uses.</param>
/// <param name="Routes">The routes, with their effect in each mode.</param>
/// <param name="Connections">With <c>--connect</c>: what was contacted; otherwise null.</param>
public sealed record CheckDocument(
    bool Valid,
    string? Mode,
    IReadOnlyList<CheckedError> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<CheckedAddress> InUse,
    IReadOnlyList<CheckedBackend> Backends,
    IReadOnlyList<CheckedRoute> Routes,
    IReadOnlyList<CheckedConnection>? Connections
)
{
    /// <summary>The document of an invalid configuration.</summary>
    public static CheckDocument Of(ValidationErrors errors) =>
        new(false, null, [.. errors.All.Select(error => new CheckedError(error.Key, error.Problem, error.Hint))], [], [], [], [], null);

    public static IReadOnlyList<CheckedBackend> BackendsOf(RouteTable table) =>
        [
            .. table
                .Routes.Select(route => route.Backend)
                .OfType<BackendSettings>()
                .DistinctBy(backend => backend.Name)
                .OrderBy(backend => backend.Name, StringComparer.Ordinal)
                .Select(backend => new CheckedBackend(
                    backend.Name,
                    backend.Kind.JsonName(),
                    [.. backend.Addresses.All.Select(address => address.GetLeftPart(UriPartial.Authority))]
                )),
        ];

    public static IReadOnlyList<CheckedRoute> RoutesOf(RouteTable table, AdmissionPolicy admission) =>
        [
            .. table.Routes.Select(route => new CheckedRoute(
                route.Name,
                route.HostText,
                route.PathText,
                route.Backend?.Name,
                route.File,
                route.AllowList?.Name,
                route.Refuses,
                ModeCatalogue.All.ToDictionary(mode => mode.Name, mode => RouteEffect.Of(route, mode, admission))
            )),
        ];
}

/// <summary>One error of the configuration.</summary>
/// <param name="Key">The full key, with the environment variable that feeds it, if any; or the file with line and column.</param>
/// <param name="Problem">What is wrong.</param>
public sealed record CheckedError(string Key, string Problem, string Fix);

/// <summary>An address to listen on.</summary>
/// <param name="Url">The address.</param>
/// <param name="Key">The key, option or variable that names it.</param>
public sealed record CheckedAddress(string Url, string Key);

/// <param name="Kind">frontend or api.</param>
public sealed record CheckedBackend(string Name, string Kind, IReadOnlyList<string> Addresses);

/// <param name="Host">The host patterns.</param>
/// <param name="Path">The path patterns; null for every other path of the host.</param>
/// <param name="Backend">The backend; null if there is none.</param>
/// <param name="File">The file that is the response; null if there is none.</param>
/// <param name="AllowList">The clients that are allowed; null for everyone.</param>
/// <param name="Refuses">Whether every client is refused.</param>
/// <param name="Modes">For each mode: forward, read (GET is forwarded and POST is not), file, or the status of Router's own
/// response.</param>
public sealed record CheckedRoute(
    string Name,
    string Host,
    string? Path,
    string? Backend,
    string? File,
    string? AllowList,
    bool Refuses,
    IReadOnlyDictionary<string, string> Modes
);

/// <summary>Something that was contacted.</summary>
/// <param name="Subject">What it is, such as <c>Backend api at http://api.internal</c>.</param>
/// <param name="Problem">Why it could not be contacted; null if it could.</param>
/// <param name="Result">What was found there; null if it could not be contacted.</param>
public sealed record CheckedConnection(string Subject, string? Problem, string? Result);

/// <summary>Writes the document without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(CheckDocument))]
internal sealed partial class CheckJson : JsonSerializerContext;
