using System.Collections.Immutable;
using System.Globalization;
using Router.Configuration;

namespace Router.Modes;

/// <summary>
/// Creates the new record for each change of a reopening in stages: pure functions, as in <see cref="ModeChanges"/>. A stage begins only by
/// such a change, made when it begins: no record holds a later stage that the clock alone would put in force.
/// </summary>
public static class ReopeningChanges
{
    /// <summary>The name under which Router itself advances a reopening or falls back.</summary>
    public const string Router = "router";

    private const int MaxStages = 20;
    private const int MaxAtLeast = 1_000_000;
    private static readonly TimeSpan MinStage = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxStage = TimeSpan.FromHours(1);

    /// <summary>The first stage of a reopening; null if there are errors.</summary>
    public static ReopeningMode? Plan(StagedOpening wanted, Mode to, ModeStep current, ValidationErrors errors)
    {
        if (current.Mode.Stage is not null)
            errors.Add(
                "stages",
                "is given while the site is already being reopened in stages",
                "Use router mode stages advance, pause or resume, or close the site first"
            );
        else if (!current.Mode.RestrictsAnything)
            errors.Add("stages", $"is given while the site is {current.Mode}", "Leave it out: it is for opening a closed site");
        if (to.RestrictsAnything)
            errors.Add("stages", $"is given for {to}", $"Leave it out, or set {OpenModes}: a share of the clients gets the whole site");
        Check(wanted, errors);
        if (errors.Any)
            return null;
        return new ReopeningMode(
            new Reopening
            {
                // Those who are not let in yet get the page: waiting for minutes helps nobody.
                Closed = current.Mode.HoldsAnything ? ModeCatalogue.Closed : current.Mode,
                To = to,
                Window = current.Window ?? "",
                Shares = wanted.Shares,
                Every = wanted.Every,
                FallBackAbove = wanted.FallBackAbove,
                AtLeast = wanted.AtLeast,
                ApisFirst = wanted.ApisFirst,
            }
        );
    }

    /// <summary>The record in which the next stage begins; null if there are errors.</summary>
    /// <param name="record">The record before.</param>
    /// <param name="index">Its step in force.</param>
    /// <param name="by">The operator; null if none is named.</param>
    /// <param name="activationDelay">How long it takes until every instance knows of it.</param>
    /// <param name="errors">Receives the validation errors.</param>
    public static ModeRecord? Advance(
        ModeRecord record,
        int index,
        string? by,
        DateTimeOffset now,
        TimeSpan activationDelay,
        ValidationErrors errors
    )
    {
        if (Last(record, index, errors) is not { Mode.Stage.Plan: { } plan } last)
            return null;
        var (at, isOpen) = (now + activationDelay, !plan.Next.RestrictsAnything);
        var next = last with
        {
            Mode = plan.Next.Stage is { } stage ? new ReopeningMode(stage.Plan with { IsPaused = false }) : plan.Next,
            At = at,
            Made = record.Version.Next,
            Window = isOpen ? null : last.Window,
            WindowBegins = isOpen ? null : last.WindowBegins,
            Until = isOpen ? null : last.Until,
            Reason = isOpen ? null : last.Reason,
            By = by ?? last.By,
        };
        return ModeChanges.After(record, [record.Steps[index], next], now, now);
    }

    /// <summary>The record in which a reopening stays at its stage until it is resumed, or continues; null if there are errors.</summary>
    public static ModeRecord? Pause(ModeRecord record, int index, bool isPaused, DateTimeOffset now, ValidationErrors errors)
    {
        if (Last(record, index, errors) is not { Mode.Stage.Plan: { } last })
            return null;
        if (last.IsPaused == isPaused)
            errors.Add(
                "action",
                isPaused ? "is pause, and the reopening is paused already" : "is resume, and the reopening is not paused",
                $"Use advance{(isPaused ? " or resume" : " or pause")}, or close the site"
            );
        return errors.Any
            ? null
            : ModeChanges.After(record, [.. record.Steps[index..].Select(step => With(step, isPaused))], record.Written, now);
    }

    /// <summary>The record in which a reopening closes again; null if there is none.</summary>
    /// <param name="record">The record before.</param>
    /// <param name="index">Its step in force.</param>
    /// <param name="why">What was wrong.</param>
    /// <param name="activationDelay">How long it takes until every instance knows of it.</param>
    /// <param name="errors">Receives the validation errors.</param>
    public static ModeRecord? FallBack(
        ModeRecord record,
        int index,
        string why,
        DateTimeOffset now,
        TimeSpan activationDelay,
        ValidationErrors errors
    )
    {
        var current = record.Steps[index];
        if (current.Mode.Stage?.Plan is not { } plan)
        {
            NotReopening(current.Mode, errors);
            return null;
        }

        var at = now + activationDelay;
        var closed = current with
        {
            Mode = plan.Closed,
            At = at,
            Made = record.Version.Next,
            FrontendsOpenUntil = ModeChanges.ServesPages(plan.Closed) ? null : at,
            By = Router,
            CutAfter = null,
            FellBack = why,
        };
        return ModeChanges.After(record, [current, closed], now, now);
    }

    /// <summary>What is wrong with a plan that was read from a store; null if nothing is.</summary>
    public static string? ProblemOf(Reopening plan)
    {
        var errors = new ValidationErrors();
        if (plan.Closed is not { Stage: null } || plan.To is not { Stage: null } || plan.Window is null || plan.Shares.IsDefault)
            return "a reopening lacks its modes, its window or its stages";
        Check(
            new StagedOpening
            {
                Shares = plan.Shares,
                Every = plan.Every,
                FallBackAbove = plan.FallBackAbove,
                AtLeast = plan.AtLeast,
            },
            errors
        );
        return errors.Any ? $"a reopening's {errors.All[0]}"
            : plan.Stage < 0 || plan.Stage > plan.Shares.Length - 2 ? $"a reopening has no stage {plan.Stage}"
            : null;
    }

    /// <summary>Checks shares, durations and limits; the keys of the errors are the names of the members that an operator sends.</summary>
    public static void Check(StagedOpening wanted, ValidationErrors errors)
    {
        var shares = wanted.Shares;
        if (
            shares.Length is < 2 or > MaxStages
            || shares[^1] != 100
            || shares[0] <= 0
            || shares.Zip(shares.Skip(1)).Any(pair => !(pair.First < pair.Second))
        )
            errors.Add(
                "stages",
                $"is '{Text(shares)}'",
                $"Give two to {MaxStages} shares of the clients that rise to 100%, such as 5%,25%,100%"
            );
        if (wanted.Every < MinStage || wanted.Every > MaxStage)
            errors.Add("every", $"is {DurationText.Of(wanted.Every)}", "Give a duration from 1s to 1h, such as 2m");
        if (wanted.FallBackAbove is not (>= 0 and <= 100))
            errors.Add(
                "fallBackAbove",
                string.Create(CultureInfo.InvariantCulture, $"is {wanted.FallBackAbove}%"),
                "Give a share of the requests from 0% to 100%, such as 2%"
            );
        if (wanted.AtLeast is < 1 or > MaxAtLeast)
            errors.Add(
                "atLeast",
                string.Create(CultureInfo.InvariantCulture, $"is {wanted.AtLeast}"),
                $"Give a number of requests from 1 to {MaxAtLeast}, such as {StagedOpening.DefaultAtLeast}"
            );
    }

    // The stage in force, or the next one if that is already on its way.
    private static ModeStep? Last(ModeRecord record, int index, ValidationErrors errors)
    {
        var last = record.Steps[index..].LastOrDefault(step => step.Mode.Stage is not null);
        if (last is null)
            NotReopening(record.Steps[index].Mode, errors);
        return last;
    }

    private static void NotReopening(Mode mode, ValidationErrors errors) =>
        errors.Add("mode", $"is {mode}, which is not a reopening in stages", "Start one with: router mode set live --stages 5%,25%,100%");

    private static ModeStep With(ModeStep step, bool isPaused) =>
        step.Mode.Stage?.Plan is { } plan ? step with { Mode = new ReopeningMode(plan with { IsPaused = isPaused }) } : step;

    private static string OpenModes => string.Join(" or ", ModeCatalogue.All.Where(mode => !mode.RestrictsAnything));

    private static string Text(ImmutableArray<double> shares) =>
        string.Join(',', shares.Select(share => string.Create(CultureInfo.InvariantCulture, $"{share}%")));
}
