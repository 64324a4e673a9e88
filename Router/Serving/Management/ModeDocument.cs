using System.Collections.Immutable;
using Router.Configuration;
using Router.Modes;
using Router.Switching;

namespace Router.Serving.Management;

/// <summary>The mode, as the management interface shows it.</summary>
public sealed record ModeDocument
{
    /// <summary>The mode in force.</summary>
    public required string Mode { get; init; }

    /// <summary>What that means, in one line.</summary>
    public required string Summary { get; init; }

    /// <summary>The record's version, for <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The window of downtime; null in live.</summary>
    public string? Window { get; init; }

    /// <summary>When the window began.</summary>
    public DateTimeOffset? WindowSince { get; init; }

    /// <summary>The announced end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>By how many seconds the announced end has passed.</summary>
    public double? OverrunSeconds { get; init; }

    /// <summary>Who wanted it.</summary>
    public string? By { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>The ticket.</summary>
    public string? Ticket { get; init; }

    /// <summary>After how many seconds what is in flight is cut.</summary>
    public required double CutAfterSeconds { get; init; }

    /// <summary>Who may pass while the site is closed.</summary>
    public required ImmutableArray<BypassDocument> Bypasses { get; init; }

    /// <summary>What is scheduled.</summary>
    public required ImmutableArray<StepDocument> Next { get; init; }

    /// <summary>Where the mode lives.</summary>
    public required string Store { get; init; }

    /// <summary>Whether it outlasts a restart; else a restart goes back to the configured mode.</summary>
    public required bool IsLasting { get; init; }

    /// <summary>The configured mode, which an empty store takes.</summary>
    public required string ConfiguredMode { get; init; }

    /// <summary>What is wrong with the store.</summary>
    public string? Problem { get; init; }

    /// <summary>Why nobody can switch the fleet right now, although the mode can be read.</summary>
    public string? SwitchProblem { get; init; }

    /// <summary>The instance that says so.</summary>
    public required string Instance { get; init; }

    /// <summary>Its clock.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>Leave for testers to pass while the site is closed.</summary>
/// <param name="Id">What its uses are told apart by, in the access log.</param>
/// <param name="Until">When it ends at the latest; with the window it ends anyway.</param>
/// <param name="Address">The address or range that it is for; null where it is by token.</param>
/// <param name="By">Who gave it.</param>
/// <param name="Note">For whom and what.</param>
public sealed record BypassDocument(string Id, DateTimeOffset Until, string? Address, string? By, string? Note)
{
    /// <summary>The token, in the answer that gives it out, and never again.</summary>
    public string? Token { get; init; }

    /// <summary>Describes it.</summary>
    public static BypassDocument Of(Bypass bypass) => new(bypass.Id, bypass.Until, bypass.Addresses, bypass.By, bypass.Note);
}

/// <summary>A scheduled step.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="At">When it takes effect.</param>
/// <param name="Until">The announced end.</param>
/// <param name="By">Who wanted it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Ticket">The ticket.</param>
public sealed record StepDocument(string Mode, DateTimeOffset At, DateTimeOffset? Until, string? By, string? Reason, string? Ticket)
{
    /// <summary>Describes a step.</summary>
    public static StepDocument Of(ModeStep step) => new(step.Mode.Name, step.At, step.Until, step.By, step.Reason, step.Ticket);
}

/// <summary>What became of a change.</summary>
/// <param name="Mode">The mode after it; for a trial, as it would be noted.</param>
/// <param name="Changed">Whether it was made; false for a trial.</param>
/// <param name="Replaced">What was scheduled before and is scheduled no more.</param>
/// <param name="Effects">What each backend gets in the mode that was asked for.</param>
public sealed record ChangeDocument(ModeDocument Mode, bool Changed, ImmutableArray<StepDocument> Replaced, ImmutableArray<BackendEffect> Effects)
{
    /// <summary>How the change moved the announced end; null where it did not.</summary>
    public EndMoveDocument? EndMoved { get; init; }
}

/// <summary>The announced end before and after a change.</summary>
/// <param name="From">Before.</param>
/// <param name="To">After.</param>
public sealed record EndMoveDocument(DateTimeOffset From, DateTimeOffset To);

/// <summary>What a mode does to a backend.</summary>
/// <param name="Backend">Its name.</param>
/// <param name="Kind">frontend or api.</param>
/// <param name="Reads">Whether requests that only read reach it.</param>
/// <param name="Writes">Whether all others do.</param>
public sealed record BackendEffect(string Backend, string Kind, bool Reads, bool Writes)
{
    /// <summary>Works it out.</summary>
    public static BackendEffect Of(BackendSettings backend, Mode mode) =>
        new(backend.Name, backend.Kind.ToString().ToLowerInvariant(), mode.Reaches(backend.Kind, "GET"), mode.Reaches(backend.Kind, "POST"));
}

/// <summary>The history.</summary>
/// <param name="Entries">The oldest first.</param>
public sealed record HistoryDocument(ImmutableArray<HistoryEntry> Entries);

/// <summary>A problem (RFC 9457).</summary>
/// <param name="Type">What kind.</param>
/// <param name="Title">The same for people.</param>
/// <param name="Status">The status code.</param>
/// <param name="Detail">What happened here, and what to do.</param>
public sealed record ProblemDocument(string Type, string Title, int Status, string Detail)
{
    /// <summary>Every fault of what was sent.</summary>
    public ImmutableArray<FaultDocument>? Faults { get; init; }

    /// <summary>The record's version now.</summary>
    public long? Version { get; init; }
}

/// <summary>A fault.</summary>
/// <param name="Member">The member that it is about.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Cure">What would be right.</param>
public sealed record FaultDocument(string Member, string Problem, string Cure);

/// <summary>How a request would be decided.</summary>
/// <param name="Steps">The questions in their order, each with its answer.</param>
/// <param name="Outcome">What would become of it.</param>
/// <param name="Status">The status of Router's own answer; null where a backend or a file answers.</param>
public sealed record ExplainDocument(ImmutableArray<ExplainStep> Steps, string Outcome, int? Status);

/// <summary>One question.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">What the answer is, and by what.</param>
public sealed record ExplainStep(string Question, string Answer);

/// <summary>The table.</summary>
/// <param name="Routes">The routes in their order.</param>
public sealed record RoutesDocument(ImmutableArray<RouteDocument> Routes);

/// <summary>A route.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Host">The host patterns.</param>
/// <param name="Path">The path patterns; null for every other path.</param>
/// <param name="Backend">The backend.</param>
/// <param name="Kind">frontend or api.</param>
/// <param name="Address">The backend's addresses.</param>
/// <param name="File">The file that is the answer.</param>
/// <param name="AllowList">Who may; null for everyone.</param>
/// <param name="Refuses">Whether nobody may.</param>
/// <param name="RateLimits">The rate limits.</param>
public sealed record RouteDocument(
    string Name, string Host, string? Path, string? Backend, string Kind, string? Address, string? File, string? AllowList, bool Refuses, ImmutableArray<string> RateLimits);
