using System.Text.Json.Serialization;

namespace Router.Reports;

/// <summary>One line of what happened in the window.</summary>
/// <param name="Time">When, by the fleet's clock.</param>
/// <param name="Kind">How much it matters.</param>
/// <param name="Text">What happened.</param>
internal sealed record DowntimeEvent(DateTimeOffset Time, DowntimeEventKind Kind, string Text);

/// <summary>How much an event matters.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DowntimeEventKind>))]
internal enum DowntimeEventKind
{
    /// <summary>A step that went as planned.</summary>
    [JsonStringEnumMemberName("step")]
    Step,

    /// <summary>Something that an operator should look at.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Something wrote, or could write, while the command ran.</summary>
    [JsonStringEnumMemberName("danger")]
    Danger,
}
