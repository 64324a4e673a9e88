using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Router.Management;
using Router.Modes;
using Router.Switching;

namespace Router.Tests;

/// <summary>The kinds of the verdict's reasons, and what the operator's page advises for each.</summary>
public sealed class VerdictReasonTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 22, 10, 0, TimeSpan.Zero);
    private static readonly ModeStep Closed = new()
    {
        Mode = ModeCatalogue.Closed,
        At = Now.AddMinutes(-10),
        Made = new(7),
        Window = "w",
    };

    private static readonly InstanceReport Good = new()
    {
        Name = "web-1",
        Id = "web-1/a",
        At = Now,
        Started = Now.AddHours(-1),
        Version = new(8),
        StepMade = new(7),
        Mode = "maintenance",
        Since = Closed.At,
        WriteSettleSeconds = 60,
    };

    // One situation for each kind of reason: the fleet, and how many instances are expected.
    private static readonly Dictionary<ReasonKind, (FleetState Fleet, int? Expect)> Situations = new()
    {
        [ReasonKind.StoreProblem] = (Fleet(Good) with { Problem = "Redis can't be used" }, null),
        [ReasonKind.Isolated] = (Fleet(Good) with { Isolation = "the file is read-only" }, null),
        [ReasonKind.NotConfirmed] = (Fleet(Good with { Version = new(7) }), null),
        [ReasonKind.InFlight] = (Fleet(Good with { BlockingCount = 1 }), null),
        [ReasonKind.TestersWriting] = (Fleet(Good with { OpenWriteCount = 1 }), null),
        [ReasonKind.Vanished] = (Fleet(Good with { At = Now.AddMinutes(-1), Mode = "live" }), null),
        [ReasonKind.Unexpected] = (Fleet(Good, Good with { Name = "web-2", Id = "web-2/a" }), 1),
        [ReasonKind.Missing] = (Fleet(Good), 2),
        [ReasonKind.Unsettled] = (Fleet(Good with { UncertainCount = 1, UncertainSettledBy = Now.AddMinutes(1) }), null),
        [ReasonKind.Opening] = (
            Fleet(Good) with
            {
                Record = new ModeRecord
                {
                    Version = new(8),
                    Steps = [Closed, Closed with { Mode = ModeCatalogue.All[0], At = Now.AddSeconds(2), Made = new(8) }],
                },
            },
            null
        ),
    };

    public static TheoryData<ReasonKind> Kinds => new(Enum.GetValues<ReasonKind>());

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_reason_has_its_kind_and_advice_on_the_operators_page(ReasonKind kind)
    {
        var (fleet, expect) = Situations[kind];

        var verdict = Verdict.Of(fleet, expect);

        verdict.Reasons.Should().ContainSingle().Which.Kind.Should().Be(kind);
        verdict.Text.Should().Be($"NOT SAFE: {verdict.Reasons[0].Text}");
        Advice().Should().ContainKey(Name(kind)).WhoseValue.Should().NotBeNullOrWhiteSpace();
    }

    [Fact]
    public void The_operators_page_has_no_advice_for_a_reason_that_does_not_exist() =>
        Advice().Keys.Should().BeEquivalentTo(Enum.GetValues<ReasonKind>().Select(Name));

    private static Dictionary<string, string> Advice() =>
        JsonNode
            .Parse(File.ReadAllText(Path.Combine(OperatorPage.Directory, "texts.json")))!
            .AsObject()
            .Where(text => text.Key.StartsWith("advice.", StringComparison.Ordinal))
            .ToDictionary(text => text.Key["advice.".Length..], text => text.Value!.ToString());

    // As the page receives it.
    private static string Name(ReasonKind kind) =>
        typeof(ReasonKind)
            .GetField(kind.ToString())!
            .GetCustomAttributes(typeof(JsonStringEnumMemberNameAttribute), false)
            .Cast<JsonStringEnumMemberNameAttribute>()
            .Single()
            .Name;

    private static FleetState Fleet(params InstanceReport[] reports) =>
        new()
        {
            Record = new ModeRecord { Version = new(8), Steps = [Closed] },
            Step = Closed,
            Reports = [.. reports],
            Now = Now,
            HeartbeatExpiry = TimeSpan.FromSeconds(10),
        };
}
