using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Modes;

namespace Router.Management;

/// <summary>
/// The body of a request to change the mode: what the tool sends and the management interface reads. Every member is optional.
/// </summary>
public sealed record ModeChangeDocument
{
    public string? Mode { get; init; }

    /// <summary>When it takes effect: a time with its offset, or +45m.</summary>
    public string? At { get; init; }

    /// <summary>The announced end: a time with its offset, or +45m.</summary>
    public string? Until { get; init; }

    /// <summary>How much to add to the announced end.</summary>
    public string? ExtendBy { get; init; }

    /// <summary>Whether <see cref="Until"/> may move the announced end closer.</summary>
    public bool? Shorten { get; init; }

    /// <summary>The operator.</summary>
    public string? By { get; init; }

    public string? Reason { get; init; }

    public string? Ticket { get; init; }

    /// <summary>How long the site is read-only before the change.</summary>
    public string? ReadOnlyBefore { get; init; }

    /// <summary>How long what is in flight may last.</summary>
    public string? CutAfter { get; init; }

    public static ModeChangeDocument Read(ReadOnlyMemory<byte> json, JsonTypeInfo<ModeChangeDocument> type, ValidationErrors errors) =>
        OperatorMembers.Read(
            json,
            type,
            "{\"mode\": \"maintenance\"}",
            errors,
            new ModeChangeDocument(),
            members => new ModeChangeDocument
            {
                Mode = members.Text("mode"),
                At = members.Text("at"),
                Until = members.Text("until"),
                ExtendBy = members.Text("extendBy"),
                Shorten = members.Flag("shorten"),
                By = members.Text("by"),
                Reason = members.Text("reason"),
                Ticket = members.Text("ticket"),
                ReadOnlyBefore = members.Text("readOnlyBefore"),
                CutAfter = members.Text("cutAfter"),
            }
        );

    /// <summary>The change that is asked for. To be used only if <paramref name="errors"/> stays empty.</summary>
    /// <param name="now">The fleet's clock, from which +45m counts.</param>
    /// <param name="errors">What is wrong with the members.</param>
    public ModeChange ToChange(DateTimeOffset now, ValidationErrors errors) =>
        new()
        {
            Mode = ModeOf(errors),
            At = OperatorMembers.Time("at", At, now, errors),
            Until = OperatorMembers.Time("until", Until, now, errors),
            ExtendBy = OperatorMembers.Duration("extendBy", ExtendBy, errors),
            Shorten = Shorten == true,
            By = string.IsNullOrWhiteSpace(By) ? null : By,
            Reason = Reason,
            Ticket = Ticket,
            ReadOnlyBefore = OperatorMembers.Duration("readOnlyBefore", ReadOnlyBefore, errors),
            CutAfter = OperatorMembers.Duration("cutAfter", CutAfter, errors),
        };

    private Mode? ModeOf(ValidationErrors errors)
    {
        if (Mode is null)
            return null;
        if (ModeCatalogue.TryFind(Mode, out var mode))
            return mode;
        errors.Add("mode", $"is '{Mode}'", $"Choose one of {ModeCatalogue.Names}");
        return null;
    }
}
