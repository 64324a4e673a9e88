using System.Collections.Immutable;
using Router.Answers;

namespace Router.Serving.Management;

/// <summary>Reloads the configuration and reports the result.</summary>
public sealed class ReloadEndpoint(Reloader reloader)
{
    /// <summary>Adds it.</summary>
    public void MapTo(WebApplication app) => app.MapMethods("/reload", ["POST"], (RequestDelegate)ReloadAsync);

    private async Task ReloadAsync(HttpContext context)
    {
        var result = await reloader.ReloadAsync("the management interface", context.RequestAborted).ConfigureAwait(false);
        await ReadableJson.WriteAsync(
            context,
            new ReloadDocument(
                result.IsAccepted, result.Summary, result.Changes, result.AfterRestart, result.Routes, [.. result.Faults.Select(FaultDocument.Of)]),
            ManagementJson.Default.ReloadDocument).ConfigureAwait(false);
    }
}

/// <summary>The result of a reload.</summary>
/// <param name="Accepted">Whether the new configuration is in force; otherwise the running one stays.</param>
/// <param name="Summary">What changed, as in the log.</param>
/// <param name="Changes">The keys and files that changed.</param>
/// <param name="AfterRestart">Those of the keys that take effect only at the next start.</param>
/// <param name="Routes">How many routes the site in force has.</param>
/// <param name="Faults">Why it was not accepted.</param>
public sealed record ReloadDocument(
    bool Accepted, string Summary, ImmutableArray<string> Changes, ImmutableArray<string> AfterRestart, int Routes, ImmutableArray<FaultDocument> Faults);
