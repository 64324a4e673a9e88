using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Router.Access;
using Router.Answers;
using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;
using Router.Switching;

namespace Router.Serving.Management;

/// <summary>Shows the mode, the fleet and the history, and changes the mode.</summary>
public sealed class ModeEndpoints(
    ModeSynchronizer synchronizer, Fleet fleet, ModeHistory history, ModeController modes, InstanceReporter reporter, RouterSettings settings, CurrentSite site, FleetClock time)
{
    private const int LongestBody = 16 << 10;

    /// <summary>Adds them.</summary>
    public void MapTo(WebApplication app)
    {
        app.MapMethods("/mode", ["GET", "HEAD"], (RequestDelegate)ShowAsync);
        app.MapMethods("/mode", ["PUT"], (RequestDelegate)(context => ChangeAsync(context, "set")));
        app.MapMethods("/mode", ["PATCH"], (RequestDelegate)(context => ChangeAsync(context, "extended")));
        app.MapMethods("/mode/next", ["DELETE"], (RequestDelegate)CancelAsync);
        app.MapMethods("/bypass", ["POST"], (RequestDelegate)GrantAsync);
        app.MapMethods("/bypass/{id}", ["DELETE"], (RequestDelegate)RevokeAsync);
        app.MapMethods("/writes/accept", ["POST"], (RequestDelegate)AcceptWritesAsync);
        app.MapMethods("/history", ["GET", "HEAD"], (RequestDelegate)ShowHistoryAsync);
    }

    /// <summary>A message whose commands lead to the address that was asked.</summary>
    public static string Hint(HttpContext context, string message) => ToolHint.At(message, $"{context.Request.Scheme}://{context.Request.Host}");

    /// <summary>Answers with a problem. The commands that it recommends have the address that was asked.</summary>
    public static Task WriteAsync(HttpContext context, ProblemDocument problem) =>
        ReadableJson.WriteAsync(context, problem with { Detail = Hint(context, problem.Detail) }, ManagementJson.Default.ProblemDocument, problem.Status, "application/problem+json");

    private Task ShowAsync(HttpContext context) => WriteModeAsync(context, modes.State);

    private Task ShowHistoryAsync(HttpContext context) => WithStoreAsync(context, async () =>
        await ReadableJson.WriteAsync(context, new HistoryDocument([.. await history.ReadAsync(context.RequestAborted).ConfigureAwait(false)]), ManagementJson.Default.HistoryDocument).ConfigureAwait(false));

    private async Task ChangeAsync(HttpContext context, string kind)
    {
        if (await ReadJsonAsync(context).ConfigureAwait(false) is not { } body)
            return;
        var faults = new Faults();
        var change = ModeChangeReader.Read(body, time.GetUtcNow(), faults);
        if (kind is "set" && change.Mode is null && !faults.Any)
            faults.Add("mode", "is not given", $"Choose one of {ModeCatalogue.Names}");
        if (kind is not "set" && change.Mode is not null)
            faults.Add("mode", "is given", "Send PUT for another mode; PATCH tells more of the one that is in force or scheduled");
        if (faults.Any)
            await WriteAsync(context, Refused(faults.All)).ConfigureAwait(false);
        else
            await ChangeAsync(context, kind, change.Mode, (state, now, lead, found) => ModeChanges.Apply(state.Record, state.Index, change, now, lead, found)).ConfigureAwait(false);
    }

    private async Task GrantAsync(HttpContext context)
    {
        if (await ReadJsonAsync(context).ConfigureAwait(false) is not { } body)
            return;
        var faults = new Faults();
        var asked = ModeChangeReader.ReadBypass(body, faults);
        if (faults.Any)
        {
            await WriteAsync(context, Refused(faults.All)).ConfigureAwait(false);
            return;
        }

        var token = asked.Address is null ? BypassToken.New() : null;
        var bypass = new Bypass
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)),
            Window = "",
            Until = time.GetUtcNow() + asked.For,
            TokenHash = token is null ? null : BypassToken.HashOf(token),
            Addresses = asked.Address,
            By = asked.By,
            Note = asked.Note,
        };
        await ChangeAsync(
            context, ModeSynchronizer.BypassKind, (state, now, _, found) => ModeChanges.Grant(state.Record, state.Index, bypass, now, found),
            result => result.Outcome == ChangeOutcome.Tried ? WriteModeAsync(context, result.Before) : ReadableJson.WriteAsync(context, BypassDocument.Of(bypass) with { Token = token }, ManagementJson.Default.BypassDocument, StatusCodes.Status201Created)).ConfigureAwait(false);
    }

    // Null where the request was refused. A form of another site can't send JSON without being asked for leave first.
    internal static async Task<byte[]?> ReadJsonAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            await WriteAsync(context, new ProblemDocument("not-json", "JSON is needed", StatusCodes.Status415UnsupportedMediaType, "Send Content-Type: application/json.")).ConfigureAwait(false);
            return null;
        }

        if (context.Request.ContentLength is null or <= LongestBody && await ReadBodyAsync(context).ConfigureAwait(false) is { Length: <= LongestBody } body)
            return body;
        await WriteAsync(context, new ProblemDocument(
            "too-long", "Nothing was changed", StatusCodes.Status413PayloadTooLarge, $"The request has more than {LongestBody} bytes. Give texts of up to {ModeChanges.LongestText} characters.")).ConfigureAwait(false);
        return null;
    }

    private Task RevokeAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return ChangeAsync(
            context, "revoked", (state, now, _, faults) => ModeChanges.Revoke(state.Record, state.Index, id, now, faults),
            result => WriteChangeAsync(context, result, null, result.Outcome == ChangeOutcome.Tried), new ChangeNote(OperatorOf(context), id));
    }

    private async Task AcceptWritesAsync(HttpContext context)
    {
        if (await ReadJsonAsync(context).ConfigureAwait(false) is not { } body)
            return;
        var faults = new Faults();
        var note = ModeChangeReader.ReadNote(body, faults);
        if (faults.Any)
            await WriteAsync(context, Refused(faults.All)).ConfigureAwait(false);
        else
            await ChangeAsync(
                context, "accepted", (state, now, _, _) => ModeChanges.AcceptWrites(state.Record, state.Index, now),
                result => WriteChangeAsync(context, result, null, result.Outcome == ChangeOutcome.Tried),
                new ChangeNote(note.By, note.Text is "" ? "writes of unknown outcome" : note.Text)).ConfigureAwait(false);
    }

    private static string? OperatorOf(HttpContext context) => context.Request.Query["by"].ToString() is { Length: > 0 } by ? by : null;

    private Task CancelAsync(HttpContext context) =>
        ChangeAsync(context, "cancelled", null, (state, now, _, faults) => ModeChanges.Cancel(state.Record, state.Index, now, faults));

    private Task ChangeAsync(HttpContext context, string kind, Mode? asked, Func<ModeState, DateTimeOffset, TimeSpan, Faults, ModeRecord?> change) =>
        ChangeAsync(context, kind, change, result => WriteChangeAsync(context, result, asked, result.Outcome == ChangeOutcome.Tried));

    private Task ChangeAsync(HttpContext context, string kind, Func<ModeState, DateTimeOffset, TimeSpan, Faults, ModeRecord?> change, Func<ChangeResult, Task> write, ChangeNote? note = null) => WithStoreAsync(context, async () =>
    {
        if (!TryReadVersion(context.Request, out var ifVersion))
        {
            await WriteAsync(context, Refused([new Fault("If-Match", $"is '{context.Request.Headers.IfMatch}'", "Send the version in quotes, such as \"7\"")])).ConfigureAwait(false);
            return;
        }

        var isTrial = context.Request.Query["dryRun"] == "true";
        var result = await synchronizer.ChangeAsync(change, kind, ifVersion, isTrial, note, context.RequestAborted).ConfigureAwait(false);
        switch (result.Outcome)
        {
            case ChangeOutcome.Refused:
                await WriteAsync(context, Refused(result.Faults)).ConfigureAwait(false);
                break;
            case ChangeOutcome.OtherVersion:
                await WriteAsync(context, new ProblemDocument("other-version", "The mode has changed meanwhile", StatusCodes.Status412PreconditionFailed, "Nothing was changed. Look at the mode, and decide anew.") { Version = result.Before.Record.Version }).ConfigureAwait(false);
                break;
            case ChangeOutcome.LostRace:
                await WriteAsync(context, new ProblemDocument("lost-race", "Somebody else changes the mode right now", StatusCodes.Status409Conflict, "Nothing was changed. Look at the mode, and decide anew.") { Version = result.Before.Record.Version }).ConfigureAwait(false);
                break;
            default:
                await write(result).ConfigureAwait(false);
                break;
        }
    });

    private Task WriteChangeAsync(HttpContext context, ChangeResult result, Mode? asked, bool isTrial)
    {
        var (before, record) = (result.Before, result.Record!);
        var mode = asked ?? record.Steps[^1].Mode;
        var replaced = before.Record.Steps[(before.Index + 1)..].Where(step => !record.Steps.Any(kept => kept.IsSameAs(step)));
        var state = isTrial ? new ModeState(record, 0, before.Since, before.ActivatedAt) : modes.State;
        var (from, to) = (AnnouncedEnd.Of(before.Record.Steps[before.Index..]), AnnouncedEnd.Of(record.Steps));
        SetVersion(context, state.Record.Version);
        return ReadableJson.WriteAsync(
            context,
            new ChangeDocument(Describe(state), !isTrial, [.. replaced.Select(StepDocument.Of)], [.. site.Current.Settings.Backends.Select(backend => BackendEffect.Of(backend, mode))])
            {
                EndMoved = from is { } old && to is { } moved && old != moved ? new EndMoveDocument(old, moved) : null,
            },
            ManagementJson.Default.ChangeDocument);
    }

    private Task WriteModeAsync(HttpContext context, ModeState state)
    {
        SetVersion(context, state.Record.Version);
        return ReadableJson.WriteAsync(context, Describe(state), ManagementJson.Default.ModeDocument);
    }

    private static void SetVersion(HttpContext context, long version) =>
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    internal static async Task WithStoreAsync(HttpContext context, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (ModeStoreException fault)
        {
            await WriteAsync(context, new ProblemDocument("store", "The mode's store does not answer", StatusCodes.Status503ServiceUnavailable, $"{fault.Message}. Whether a change was made is not known: look at the mode.")).ConfigureAwait(false);
        }
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext context)
    {
        var body = new MemoryStream();
        var buffer = new byte[4096];
        while (body.Length <= LongestBody && await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false) is > 0 and var count)
            body.Write(buffer, 0, count);
        return body.ToArray();
    }

    // RFC 9110 section 13.1.1; a weak tag never matches there.
    private static bool TryReadVersion(HttpRequest request, out long? version)
    {
        version = null;
        var text = request.Headers.IfMatch.ToString();
        if (text is "" or "*")
            return true;
        if (!long.TryParse(text.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        version = number;
        return true;
    }

    internal static ProblemDocument Refused(IEnumerable<Fault> faults, string title = "Nothing was changed")
    {
        var all = faults.ToArray();
        return new ProblemDocument("faults", title, StatusCodes.Status400BadRequest, string.Join(" ", all.Select(fault => fault.ToString())))
        {
            Faults = [.. all.Select(fault => new FaultDocument(fault.Key, fault.Problem, fault.Cure))],
        };
    }

    internal ModeDocument Describe(ModeState state)
    {
        var (step, now) = (state.Step, time.GetUtcNow());
        var overrun = state.OverrunAt(now);
        return new ModeDocument
        {
            Mode = state.Mode.Name,
            Summary = state.Mode.Summary,
            Version = state.Record.Version,
            Since = step.At,
            Window = step.Window,
            WindowSince = step.WindowBegins,
            Until = step.Until,
            OverrunSeconds = overrun > TimeSpan.Zero ? Math.Round(overrun.TotalSeconds) : null,
            By = step.By,
            Reason = step.Reason,
            Ticket = step.Ticket,
            CutAfterSeconds = (step.CutAfter ?? settings.ModeStore.DrainLimit).TotalSeconds,
            Bypasses = [.. state.Record.Bypasses.Where(bypass => bypass.HoldsIn(step.Window, now)).Select(BypassDocument.Of)],
            Next = [.. state.Record.Steps[(state.Index + 1)..].Select(StepDocument.Of)],
            Store = synchronizer.Store.Name,
            IsLasting = synchronizer.Store.IsLasting,
            ConfiguredMode = settings.Mode,
            Problem = synchronizer.Problem,
            SwitchProblem = fleet.Isolation,
            Instance = reporter.Name,
            Now = now,
        };
    }
}
