using System.Collections.Immutable;
using System.Globalization;
using Router.Configuration;

namespace Router.Modes;

/// <summary>
/// Creates the new record for a change: pure functions of the record, the step in force and the time. The keys of the validation errors are
/// the names of the members that an operator sends.
/// </summary>
public static class ModeChanges
{
    /// <summary>
    /// The longest time from an operator's command to an opening. After a longer time the operator may no longer be there to see it, and
    /// no site opens unattended.
    /// </summary>
    public static readonly TimeSpan MaxDelayToOpen = TimeSpan.FromMinutes(1);

    private const int MaxBypasses = 50;

    // Another instance may have sent the time that an operator's page shows.
    private static readonly TimeSpan MaxAhead = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(24);

    /// <summary>The record after a change; null if there are errors. Anything scheduled that is not in the change is dropped.</summary>
    /// <param name="record">The record before.</param>
    /// <param name="index">Its step in force.</param>
    /// <param name="activationDelay">How long it takes until every instance knows of it.</param>
    /// <param name="errors">Receives the validation errors.</param>
    public static ModeRecord? Apply(
        ModeRecord record,
        int index,
        ModeChange change,
        DateTimeOffset now,
        TimeSpan activationDelay,
        ValidationErrors errors
    )
    {
        OperatorText.Check("by", change.By, errors);
        OperatorText.Check("reason", change.Reason, errors);
        OperatorText.Check("ticket", change.Ticket, errors);
        return change.Mode is null
            ? Amend(record, index, change, now, errors)
            : Set(record, index, change, change.Mode, now, activationDelay, errors);
    }

    /// <summary>The record without its scheduled steps; null, and an error, if there are none.</summary>
    public static ModeRecord? Cancel(ModeRecord record, int index, DateTimeOffset now, ValidationErrors errors)
    {
        if (index + 1 < record.Steps.Length)
            return After(record, [record.Steps[index]], now, now);
        errors.Add("mode", "has no change scheduled, so there is nothing to cancel", "To see the mode: router mode");
        return null;
    }

    /// <summary>The record with a bypass for the current window; null if there are errors.</summary>
    /// <param name="record">The record before.</param>
    /// <param name="index">Its step in force.</param>
    /// <param name="bypass">The bypass; its window is set here.</param>
    /// <param name="errors">Receives the validation errors.</param>
    public static ModeRecord? Grant(ModeRecord record, int index, Bypass bypass, DateTimeOffset now, ValidationErrors errors)
    {
        OperatorText.Check("by", bypass.By, errors);
        OperatorText.Check("note", bypass.Note, errors);
        OperatorDuration.Check("for", bypass.Until - now, Bypass.MaxDuration, "2h", errors);
        if (bypass.Addresses is { } addresses && !AddressRange.TryParse(addresses, out _))
            errors.Add("address", AddressRange.Problem(addresses), AddressRange.Hint);
        if (record.Steps[index].Window is not { } window)
        {
            errors.Add(
                "mode",
                $"is {record.Steps[index].Mode}, which closes nothing, so there is nothing to bypass",
                "Close the site first, with: router mode set"
            );
            return null;
        }

        var after = After(record, record.Steps[index..], record.Written, now);
        if (after.Bypasses.Length >= MaxBypasses)
            errors.Add(
                "note",
                $"would be one more than the {MaxBypasses} bypasses that are allowed",
                "Share one of them, or wait until one ends"
            );
        return errors.Any ? null : after with { Bypasses = after.Bypasses.Add(bypass with { Window = window }) };
    }

    /// <summary>The record without a bypass; null, and an error, if there is none with that id.</summary>
    public static ModeRecord? Revoke(ModeRecord record, int index, string id, DateTimeOffset now, ValidationErrors errors)
    {
        var after = After(record, record.Steps[index..], record.Written, now);
        if (after.Bypasses.RemoveAll(bypass => bypass.Id == id) is var left && left.Length < after.Bypasses.Length)
            return after with { Bypasses = left };
        errors.Add("id", $"'{id}' is not an active bypass", "To list the active ones: router mode");
        return null;
    }

    /// <summary>The record in which an operator has accepted, as settled, the writes of unknown outcome until a time.</summary>
    public static ModeRecord? AcceptWrites(ModeRecord record, int index, DateTimeOffset now, DateTimeOffset until, ValidationErrors errors)
    {
        // A time that was meant in another zone would accept what nobody has seen.
        if (until > now + MaxAhead)
        {
            errors.Add("until", $"is {AnnouncedEnd.Text(until)}, in the future", "Send the time at which you listed the writes");
            return null;
        }

        var accepted = until < now ? until : now;
        return After(record, record.Steps[index..], record.Written, now) with
        {
            // What was accepted before stays so.
            WritesAcceptedUntil = record.WritesAcceptedUntil is { } before && before > accepted ? before : accepted,
        };
    }

    /// <summary>The name of a window of downtime.</summary>
    public static string WindowOf(DateTimeOffset at, RecordVersion version) =>
        string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}/{version}");

    /// <summary>Whether visitors get pages in a mode.</summary>
    public static bool ServesPages(Mode mode) => mode.Reaches(BackendKind.Frontend, "GET");

    private static ModeRecord? Set(
        ModeRecord record,
        int index,
        ModeChange change,
        Mode mode,
        DateTimeOffset now,
        TimeSpan activationDelay,
        ValidationErrors errors
    )
    {
        var (version, current) = (record.Version.Next, record.Steps[index]);
        var earliest = now + activationDelay;
        var lasts = change.ReadOnlyBefore ?? TimeSpan.Zero;
        if (change.At < now.AddMinutes(-1))
            errors.Add(
                "at",
                $"is {AnnouncedEnd.Text(change.At.Value)}, which has passed",
                "Give a future time, or leave it out to change the mode now"
            );
        if (change.At > now + AnnouncedEnd.MaxAhead)
            errors.Add("at", $"is {AnnouncedEnd.Text(change.At.Value)}", $"Give a time within {AnnouncedEnd.MaxAhead.Days} days");
        if (change.At is { } instant && change.ReadOnlyBefore is not null && instant - lasts < earliest)
            errors.Add(
                "readOnlyBefore",
                $"would have to start at {AnnouncedEnd.Text(instant - lasts)}, too soon for every instance to learn of it",
                "Give a later time, or a shorter read-only time before it"
            );
        var at = change.At is { } wanted && wanted > earliest + lasts ? wanted : earliest + lasts;
        if (change.Stages is { } stages)
            mode = ReopeningChanges.Plan(stages, mode, current, errors) ?? mode;
        // An instance that knows no record yet is closed too, but in no window: nobody has closed the site.
        var isKnown = current.Window is not null || !mode.RestrictsAnything;
        var isSame = mode == current.Mode && change.At is null && change.ReadOnlyBefore is null && isKnown;
        CheckEnd(change, mode, at, errors);
        if (change.ExtendBy is not null)
            errors.Add(
                "extendBy",
                "is given while setting a mode",
                "Give until, or add to the announced end afterwards (router mode extend --by 45m)"
            );
        if (isSame)
            AnnouncedEnd.CheckShortening([current], change, errors);
        CheckOpening(change, mode, current.Mode, at, now, errors);
        CheckLimits(change, mode, current.Mode, errors);
        CheckHolding(change, mode, errors);
        CheckFollowing(change, mode, errors);
        if (errors.Any)
            return null;

        if (isSame)
        {
            var amended = Amended(current, change) with { FellBack = null };
            return After(record, [amended, .. Following(amended with { At = now }, change, version)], now, now);
        }

        // The end, reason and ticket of a closed site are kept while it remains closed. Those of the open site are no reason for a
        // downtime.
        var kept = mode.RestrictsAnything && current.Mode.RestrictsAnything ? current : null;
        var target = new ModeStep
        {
            Mode = mode,
            At = at,
            Made = version,
            WindowBegins = !mode.RestrictsAnything ? null : kept?.WindowBegins ?? at - lasts,
            Window = !mode.RestrictsAnything ? null : kept?.Window ?? WindowOf(at, version),
            FrontendsOpenUntil = ServesPages(mode) ? null : current.FrontendsOpenUntil ?? at,
            Until = change.Until ?? kept?.Until,
            By = change.By,
            Reason = change.Reason ?? kept?.Reason,
            Ticket = change.Ticket ?? kept?.Ticket,
            CutAfter = change.CutAfter,
            HoldTimeout = change.HoldTimeout,
        };
        ImmutableArray<ModeStep> ahead = change.ReadOnlyBefore is null
            ? [target]
            :
            [
                target with
                {
                    Mode = ModeCatalogue.ReadOnly,
                    At = at - lasts,
                    CutAfter = null,
                    HoldTimeout = null,
                    FrontendsOpenUntil = null,
                },
                target,
            ];
        return After(record, [current, .. ahead, .. Following(target, change, version)], now, now);
    }

    // The step that closes the site further if nobody has opened it by then.
    private static ImmutableArray<ModeStep> Following(ModeStep step, ModeChange change, RecordVersion version) =>
        change is { Then: { } then, After: { } after }
            ?
            [
                step with
                {
                    Mode = then,
                    At = step.At + after,
                    Made = version,
                    IsFollowUp = true,
                    HoldTimeout = null,
                    FrontendsOpenUntil = ServesPages(then) ? null : step.FrontendsOpenUntil ?? step.At + after,
                },
            ]
            : [];

    // Amends the steps that close something, whether in force or scheduled.
    private static ModeRecord? Amend(ModeRecord record, int index, ModeChange change, DateTimeOffset now, ValidationErrors errors)
    {
        if (change.At is not null || change.ReadOnlyBefore is not null)
            errors.Add("mode", "is not given", $"Choose one of {ModeCatalogue.Names}, or leave at and readOnlyBefore out");
        if (change.Stages is not null)
            errors.Add(
                "stages",
                "is given without a mode",
                "Give the mode to open the site to (router mode set live --stages 5%,25%,100%)"
            );
        if (change is { Until: null, ExtendBy: null, Reason: null, Ticket: null, CutAfter: null, HoldTimeout: null })
            errors.Add("until", "is not given", "Give until, extendBy, reason, ticket, cutAfter or holdTimeout");
        if (change.Then is not null || change.After is not null)
            errors.Add("then", "is given without a mode", "Set the mode again, with then and after");
        var steps = record.Steps[index..];
        if (!steps.Any(step => step.Mode.RestrictsAnything))
            errors.Add(
                "mode",
                $"is {steps[0].Mode} and no change is scheduled, so there is no end to extend",
                "Close the site with: router mode set"
            );
        var last = steps[^1];
        CheckEnd(change, last.Mode, now > last.At ? now : last.At, errors);
        AnnouncedEnd.CheckExtension(steps, change, now, errors);
        AnnouncedEnd.CheckShortening(steps, change, errors);
        CheckCut(change, errors);
        CheckHolding(change, steps.FirstOrDefault(step => step.Mode.HoldsAnything)?.Mode ?? last.Mode, errors);
        return errors.Any
            ? null
            : After(record, [.. steps.Select(step => step.Mode.RestrictsAnything ? Amended(step, change) : step)], record.Written, now);
    }

    /// <summary>The record with other steps. A bypass ends with its window.</summary>
    internal static ModeRecord After(ModeRecord record, ImmutableArray<ModeStep> steps, DateTimeOffset written, DateTimeOffset now) =>
        new()
        {
            Version = record.Version.Next,
            Written = written,
            Steps = steps,
            WritesAcceptedUntil = record.WritesAcceptedUntil,
            Bypasses = [.. record.Bypasses.Where(bypass => steps.Any(step => bypass.HoldsIn(step.Window, now)))],
        };

    private static ModeStep Amended(ModeStep step, ModeChange change) =>
        step with
        {
            Until = AnnouncedEnd.After(step, change),
            By = change.By ?? step.By,
            Reason = change.Reason ?? step.Reason,
            Ticket = change.Ticket ?? step.Ticket,
            CutAfter = change.CutAfter ?? step.CutAfter,
            HoldTimeout = step.Mode.HoldsAnything ? change.HoldTimeout ?? step.HoldTimeout : null,
        };

    private static void CheckEnd(ModeChange change, Mode mode, DateTimeOffset at, ValidationErrors errors)
    {
        if (change.Until is not { } until)
            return;
        if (!mode.RestrictsAnything)
            errors.Add("until", $"is given for {mode}, which has no end", "Leave it out");
        else if (until <= at)
            errors.Add("until", $"is {AnnouncedEnd.Text(until)}, which is not after {AnnouncedEnd.Text(at)}", "Give a later time");
        else if (until > at + AnnouncedEnd.MaxAhead)
            errors.Add("until", $"is {AnnouncedEnd.Text(until)}", $"Give a time within {AnnouncedEnd.MaxAhead.Days} days");
    }

    private static void CheckOpening(
        ModeChange change,
        Mode mode,
        Mode current,
        DateTimeOffset at,
        DateTimeOffset now,
        ValidationErrors errors
    )
    {
        if (mode.Opens(current) && at > now + MaxDelayToOpen)
            errors.Add(
                "at",
                $"would open the site automatically at {AnnouncedEnd.Text(at)}",
                $"Set {change.Mode} when you are there to see it, without a time"
            );
        else if (change.ReadOnlyBefore is not null && ModeCatalogue.ReadOnly.Opens(current))
            errors.Add("readOnlyBefore", $"would open to readers what {current} closes", "Leave it out: it is for closing an open site");
    }

    private static void CheckLimits(ModeChange change, Mode mode, Mode current, ValidationErrors errors)
    {
        if (
            change.ReadOnlyBefore is { } first
            && OperatorDuration.Check("readOnlyBefore", first, MaxWait, "10s", errors)
            && (mode == current || mode == ModeCatalogue.ReadOnly || mode.Opens(ModeCatalogue.ReadOnly))
        )
            errors.Add(
                "readOnlyBefore",
                $"does not apply to a change from {current} to {mode}",
                "Leave it out: it is for closing an open site"
            );
        CheckCut(change, errors);
    }

    private static void CheckCut(ModeChange change, ValidationErrors errors)
    {
        if (change.CutAfter is { } cut && (cut < TimeSpan.Zero || cut > MaxWait))
            errors.Add("cutAfter", $"is {DurationText.Of(cut)}", "Give a duration from zero to a day, such as 10s");
    }

    private static void CheckHolding(ModeChange change, Mode mode, ValidationErrors errors)
    {
        if (change.HoldTimeout is not { } limit)
            return;
        if (!mode.HoldsAnything)
            errors.Add("holdTimeout", $"is given for {mode}, in which no request waits", "Leave it out");
        else
            OperatorDuration.Check("holdTimeout", limit, HoldSettings.MaxTimeout, "30s", errors);
    }

    private static void CheckFollowing(ModeChange change, Mode mode, ValidationErrors errors)
    {
        if (change.Then is null != change.After is null)
            errors.Add(
                change.Then is null ? "then" : "after",
                "is not given",
                "Give both: the mode that follows, and after what time, such as 30s"
            );
        if (change.Then is { } then && (then.Opens(mode) || then == mode))
            errors.Add(
                "then",
                then == mode ? $"is {then} too" : $"would automatically open what {mode} closes",
                "Choose a mode that closes more, such as maintenance; open the site when you are there to see it"
            );
        if (change.Then is not null && change.Stages is not null)
            errors.Add("then", "is given with stages, which a scheduled change would stop", "Leave out then and after, or the stages");
        if (change.After is { } after)
            OperatorDuration.Check("after", after, MaxWait, "30s", errors);
    }
}
