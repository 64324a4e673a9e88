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

    /// <summary>The shares of the clients to open the site to, one after the other, such as 5%,25%,100%.</summary>
    public string? Stages { get; init; }

    /// <summary>How long each of these stages lasts at least.</summary>
    public string? Every { get; init; }

    /// <summary>The share of failed requests above which the site closes again, such as 2%.</summary>
    public string? FallBackAbove { get; init; }

    /// <summary>The minimum number of requests over which that share is computed.</summary>
    public int? AtLeast { get; init; }

    /// <summary><c>first</c>: the APIs open in the first stage; <c>last</c>, the default: in the last one.</summary>
    public string? Apis { get; init; }

    /// <summary>How long a request may wait in a mode that holds.</summary>
    public string? HoldTimeout { get; init; }

    /// <summary>The mode to switch to after <see cref="After"/>, unless the mode has been changed by then.</summary>
    public string? Then { get; init; }

    /// <summary>How long after the change it follows.</summary>
    public string? After { get; init; }

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
                Stages = members.Text("stages"),
                Every = members.Text("every"),
                FallBackAbove = members.Text("fallBackAbove"),
                AtLeast = members.Number("atLeast"),
                Apis = members.Text("apis"),
                HoldTimeout = members.Text("holdTimeout"),
                Then = members.Text("then"),
                After = members.Text("after"),
            }
        );

    /// <summary>The change that is asked for. Valid only if <paramref name="errors"/> stays empty.</summary>
    /// <param name="now">The fleet's clock, from which +45m counts.</param>
    /// <param name="errors">What is wrong with the members.</param>
    public ModeChange ToChange(DateTimeOffset now, ValidationErrors errors) =>
        new()
        {
            Mode = ModeOf("mode", Mode, errors),
            At = OperatorMembers.Time("at", At, now, errors),
            Until = OperatorMembers.Time("until", Until, now, errors),
            ExtendBy = OperatorMembers.Duration("extendBy", ExtendBy, errors),
            Shorten = Shorten == true,
            By = string.IsNullOrWhiteSpace(By) ? null : By,
            Reason = Reason,
            Ticket = Ticket,
            ReadOnlyBefore = OperatorMembers.Duration("readOnlyBefore", ReadOnlyBefore, errors),
            CutAfter = OperatorMembers.Duration("cutAfter", CutAfter, errors),
            Stages = StagesOf(errors),
            HoldTimeout = OperatorMembers.Duration("holdTimeout", HoldTimeout, errors),
            Then = ModeOf("then", Then, errors),
            After = OperatorMembers.Duration("after", After, errors),
        };

    private StagedOpening? StagesOf(ValidationErrors errors)
    {
        if (Stages is null)
        {
            foreach (
                var (name, value) in new (string, object?)[]
                {
                    ("every", Every),
                    ("fallBackAbove", FallBackAbove),
                    ("atLeast", AtLeast),
                    ("apis", Apis),
                }
            )
            {
                if (value is not null)
                    errors.Add(name, "is given without stages", "Give the stages too, such as 5%,25%,100%, or leave it out");
            }

            return null;
        }

        if (Apis is not (null or "first" or "last"))
            errors.Add("apis", $"is '{Apis}'", "Send first or last");
        return new StagedOpening
        {
            Shares = [.. Stages.Split(',').Select(share => OperatorMembers.Percent("stages", share, "5%,25%,100%", errors) ?? 0)],
            Every = OperatorMembers.Duration("every", Every, errors) ?? StagedOpening.DefaultEvery,
            FallBackAbove = FallBackAbove is null
                ? StagedOpening.DefaultFallBackAbove
                : OperatorMembers.Percent("fallBackAbove", FallBackAbove, "2%", errors) ?? 0,
            AtLeast = AtLeast ?? StagedOpening.DefaultAtLeast,
            ApisFirst = Apis is "first",
        };
    }

    private static Mode? ModeOf(string member, string? name, ValidationErrors errors)
    {
        if (name is null)
            return null;
        if (ModeCatalogue.TryFind(name, out var mode))
            return mode;
        errors.Add(member, $"is '{name}'", $"Choose one of {ModeCatalogue.Names}");
        return null;
    }
}
