using Router.Cli;

namespace Router.Tests;

/// <summary>Times as operators type them, on days on which the clocks change too.</summary>
public sealed class OperatorTimeTests
{
    [Theory]
    // the zone, now, what is typed, what is meant
    [InlineData("Europe/Berlin", "2026-06-01T20:00:00Z", "23:30", "2026-06-01T23:30:00+02:00")]
    [InlineData("Europe/Berlin", "2026-06-01T22:00:00Z", "23:30", "2026-06-02T23:30:00+02:00")]
    [InlineData("Europe/Berlin", "2026-06-01T21:30:00Z", "23:30", "2026-06-02T23:30:00+02:00")]
    [InlineData("Europe/Berlin", "2026-06-01T20:00:00Z", "+45m", "2026-06-01T22:45:00+02:00")]
    [InlineData("Europe/Berlin", "2026-06-01T20:00:00Z", "2026-06-02 01:00", "2026-06-02T01:00:00+02:00")]
    [InlineData("Europe/Berlin", "2026-06-01T20:00:00Z", "2026-06-02T01:00:05", "2026-06-02T01:00:05+02:00")]
    [InlineData("Europe/Berlin", "2026-06-01T20:00:00Z", "2026-06-02T01:00Z", "2026-06-02T01:00:00+00:00")]
    [InlineData("Europe/Berlin", "2026-06-01T20:00:00Z", "2026-06-02T01:00:00-05:00", "2026-06-02T01:00:00-05:00")]
    [InlineData("Europe/Berlin", "2026-06-01T20:00:00Z", "2026-06-01 21:59:03 +02:00", "2026-06-01T21:59:03+02:00")]
    [InlineData("Europe/Berlin", "2026-06-01T20:00:00Z", "2026-06-01T19:59:03.25Z", "2026-06-01T19:59:03.25+00:00")]
    // The clock shows 02:00 to 03:00 twice: the next occurrence is meant.
    [InlineData("Europe/Berlin", "2026-10-25T00:10:00Z", "02:30", "2026-10-25T02:30:00+02:00")]
    [InlineData("Europe/Berlin", "2026-10-25T00:40:00Z", "02:30", "2026-10-25T02:30:00+01:00")]
    [InlineData("Europe/Berlin", "2026-10-25T01:10:00Z", "02:30", "2026-10-25T02:30:00+01:00")]
    [InlineData("Europe/Berlin", "2026-10-25T01:40:00Z", "02:30", "2026-10-26T02:30:00+01:00")]
    [InlineData("Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25 02:30", "2026-10-25T02:30:00+02:00")]
    [InlineData("Europe/Berlin", "2026-10-25T00:40:00Z", "2026-10-25 02:30", "2026-10-25T02:30:00+01:00")]
    [InlineData("Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-25 02:30", "2026-10-25T02:30:00+02:00")]
    [InlineData("Europe/London", "2026-10-25T01:10:00Z", "01:30", "2026-10-25T01:30:00+00:00")]
    [InlineData("America/New_York", "2026-11-01T05:10:00Z", "01:30", "2026-11-01T01:30:00-04:00")]
    [InlineData("Europe/Dublin", "2026-10-25T00:10:00Z", "01:30", "2026-10-25T01:30:00+01:00")]
    [InlineData("Australia/Lord_Howe", "2026-04-04T14:50:00Z", "01:45", "2026-04-05T01:45:00+10:30")]
    // The Azores set their clock back from one o'clock to midnight, Santiago from midnight to eleven in the evening before.
    [InlineData("Atlantic/Azores", "2026-10-25T00:50:00Z", "00:30", "2026-10-25T00:30:00-01:00")]
    [InlineData("America/Santiago", "2026-04-05T02:50:00Z", "23:30", "2026-04-04T23:30:00-04:00")]
    // The clock has skipped 02:30, but that was hours ago.
    [InlineData("Europe/Berlin", "2026-03-29T03:00:00Z", "02:30", "2026-03-30T02:30:00+02:00")]
    public void A_time_of_day_means_its_next_occurrence(string zone, string now, string text, string meant)
    {
        OperatorTime.TryParse(text, new ZonedClock(zone, now), out var instant, out var problem).Should().BeTrue(problem);

        instant.Should().Be(DateTimeOffset.Parse(meant));
    }

    [Theory]
    [InlineData(
        "Europe/Berlin",
        "2026-03-28T22:00:00Z",
        "02:30",
        "2026-03-29 02:30 does not exist in Europe/Berlin, where the clock goes from 01:59 +01:00 to 03:00 +02:00. Give 01:59 or 03:00."
    )]
    [InlineData(
        "Europe/Berlin",
        "2026-03-29T00:59:59Z",
        "02:00:30",
        "2026-03-29 02:00 does not exist in Europe/Berlin, where the clock goes from 01:59 +01:00 to 03:00 +02:00. Give 01:59 or 03:00."
    )]
    [InlineData(
        "America/New_York",
        "2026-01-01T00:00:00Z",
        "2026-03-08 02:59",
        "2026-03-08 02:59 does not exist in America/New_York, where the clock goes from 01:59 -05:00 to 03:00 -04:00. Give 01:59 or 03:00."
    )]
    [InlineData(
        "Australia/Lord_Howe",
        "2026-10-03T12:00:00Z",
        "02:15",
        "2026-10-04 02:15 does not exist in Australia/Lord_Howe, where the clock goes from 01:59 +10:30 to 02:30 +11:00. Give 01:59 or "
            + "02:30."
    )]
    public void A_time_that_does_not_exist_is_refused_with_the_nearest_valid_times(string zone, string now, string text, string said)
    {
        OperatorTime.TryParse(text, new ZonedClock(zone, now), out _, out var problem).Should().BeFalse();

        problem.Should().Be(said);
    }

    [Theory]
    [InlineData("later")]
    [InlineData("")]
    [InlineData("24:00")]
    [InlineData("45m")]
    [InlineData("+")]
    [InlineData("+45")]
    [InlineData("+-45m")]
    [InlineData("+99999999999h")]
    [InlineData("2026-02-30 10:00")]
    [InlineData("0001-01-01 00:00")]
    [InlineData("9999-12-31 23:59")]
    public void An_invalid_time_is_refused_with_the_valid_forms(string text)
    {
        foreach (var zone in new[] { "Europe/Berlin", "America/New_York" })
        {
            OperatorTime.TryParse(text, new ZonedClock(zone, "2026-06-01T20:00:00Z"), out _, out var problem).Should().BeFalse();
            problem.Should().Be($"'{text}' is not a time. Give {OperatorTime.Forms}.");
        }
    }

    [Theory]
    [InlineData("2026-06-01T20:00:00Z", "2026-06-01 22:00:00 +02:00 (Europe/Berlin)")]
    [InlineData(
        "2026-10-25T01:30:00Z",
        "2026-10-25 02:30:00 +01:00 (Europe/Berlin; the clock shows that time twice, the other is 2026-10-25 02:30:00 +02:00)"
    )]
    public void An_instant_is_described_by_the_clock_of_this_machine_with_its_zone(string instant, string described) =>
        OperatorTime.Describe(DateTimeOffset.Parse(instant), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).Should().Be(described);

    private sealed class ZonedClock(string zone, string now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.FindSystemTimeZoneById(zone);

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.Parse(now);
    }
}
