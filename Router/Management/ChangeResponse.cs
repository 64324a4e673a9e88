using System.Globalization;
using Router.Configuration;
using Router.Modes;
using Router.Pages;
using Router.Serving;
using Router.Switching;

namespace Router.Management;

/// <summary>Makes a change that a request asks for, and responds with its outcome.</summary>
public sealed class ChangeResponse(
    ModeChanger changer,
    ModeController modes,
    ModeDescriber describer,
    CurrentSite site,
    PagePreviews previews
)
{
    /// <summary>Makes a change. A dry run of a change that is possible responds as the change itself would.</summary>
    /// <param name="context">The request, with its If-Match and dryRun.</param>
    /// <param name="change">What is to be changed.</param>
    /// <param name="requested">The mode that the operator asked for, if any.</param>
    public Task WriteAsync(HttpContext context, ChangeRequest change, Mode? requested = null) =>
        WriteAsync(context, change, result => WriteChangeAsync(context, result, requested));

    /// <summary>Makes a change.</summary>
    /// <param name="context">The request, with its If-Match and dryRun.</param>
    /// <param name="change">What is to be changed.</param>
    /// <param name="write">Writes the response if the change was made or, in a dry run, is possible.</param>
    public Task WriteAsync(HttpContext context, ChangeRequest change, Func<ChangeResult, Task> write) =>
        ManagementProblem.WithStoreAsync(
            context,
            async () =>
            {
                if (!TryReadVersion(context.Request, out var ifVersion))
                {
                    await ManagementProblem.WriteAsync(context, UnreadableVersion(context.Request)).ConfigureAwait(false);
                    return;
                }

                if (!TryReadDryRun(context.Request, out var isDryRun))
                {
                    await ManagementProblem.WriteAsync(context, UnreadableDryRun(context.Request)).ConfigureAwait(false);
                    return;
                }

                change = change with { IfVersion = ifVersion, IsDryRun = isDryRun };
                var result = await changer.ChangeAsync(change, context.RequestAborted).ConfigureAwait(false);
                if (ProblemOf(result) is { } problem)
                    await ManagementProblem.WriteAsync(context, problem).ConfigureAwait(false);
                else
                    await write(result).ConfigureAwait(false);
            }
        );

    /// <summary>Why a request that does not change the record is refused: its If-Match is of another record; null if it is not.</summary>
    public static ProblemDetails? PreconditionOf(HttpRequest request, ModeRecord record) =>
        !TryReadVersion(request, out var version) ? UnreadableVersion(request)
        : version is not { } expected || expected == record.Version ? null
        : OtherVersion(record);

    /// <summary>Sets the record's version as the entity tag, for If-Match.</summary>
    public static void SetVersion(HttpContext context, ModeRecord record) => context.Response.Headers.ETag = $"\"{record.Version}\"";

    private static ProblemDetails? ProblemOf(ChangeResult result) =>
        result.Outcome switch
        {
            ChangeOutcome.Refused => ManagementProblem.Invalid(result.Errors),
            ChangeOutcome.OtherVersion => OtherVersion(result.Before.Record),
            ChangeOutcome.LostRace => Conflict(
                "lost-race",
                "Another change was made at the same time",
                StatusCodes.Status409Conflict,
                result.Before.Record
            ),
            _ => null,
        };

    private static ProblemDetails OtherVersion(ModeRecord record) =>
        Conflict("other-version", "The mode has changed in the meantime", StatusCodes.Status412PreconditionFailed, record);

    private static ProblemDetails Conflict(string slug, string title, int status, ModeRecord record) =>
        ProblemDetails.Of(slug, title, status, "Nothing was changed. Check the mode and decide again.") with
        {
            Version = record.Version,
        };

    private static ProblemDetails UnreadableVersion(HttpRequest request) =>
        ManagementProblem.Invalid([
            new ValidationError("If-Match", $"is '{request.Headers.IfMatch}'", "Send the version in quotes, such as \"7\""),
        ]);

    // A value that is not understood must not make the change.
    private static bool TryReadDryRun(HttpRequest request, out bool isDryRun)
    {
        isDryRun = false;
        return !request.Query.TryGetValue("dryRun", out var value) || bool.TryParse(value.ToString(), out isDryRun);
    }

    private static ProblemDetails UnreadableDryRun(HttpRequest request) =>
        ManagementProblem.Invalid([new ValidationError("dryRun", $"is '{request.Query["dryRun"]}'", "Send true or false")]);

    private Task WriteChangeAsync(HttpContext context, ChangeResult result, Mode? requested)
    {
        var (before, record, isDryRun) = (result.Before, result.Record!, result.Outcome == ChangeOutcome.DryRun);
        var mode = requested ?? record.Goal.Mode;
        var replaced = before.Record.Steps[(before.Index + 1)..].Where(step => !record.Steps.Any(kept => kept.IsSameAs(step)));
        var state = isDryRun ? new ModeState(record, 0, before.Since, before.ActivatedAt) : modes.State;
        var (from, to) = (AnnouncedEnd.Of(before.Record.Steps[before.Index..]), AnnouncedEnd.Of(record.Steps));
        SetVersion(context, state.Record);
        var effects = site.Current.Settings.Backends.Select(backend => BackendEffect.Of(backend, mode));
        var document = new ChangeDocument(describer.Describe(state), !isDryRun, [.. replaced.Select(StepDocument.Of)], [.. effects])
        {
            Page = isDryRun ? Preview(context, record, mode) : null,
            EndMoved = from is { } old && to is { } moved && old != moved ? new EndMoveDocument(old, moved) : null,
        };
        return ReadableJson.WriteAsync(context, document, ManagementJson.Default.ChangeDocument);
    }

    private string? Preview(HttpContext context, ModeRecord record, Mode mode)
    {
        var index = Math.Max(0, record.Steps.ToList().FindLastIndex(step => step.Mode == mode));
        return previews.Add(new ModeState(record, index, record.Steps[index].At, 0), context.Request);
    }

    // RFC 9110 section 13.1.1; a weak tag never matches there.
    private static bool TryReadVersion(HttpRequest request, out RecordVersion? version)
    {
        version = null;
        var text = request.Headers.IfMatch.ToString();
        if (text is "" or "*")
            return true;
        if (!long.TryParse(text.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        version = new RecordVersion(number);
        return true;
    }
}
