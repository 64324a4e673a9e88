using System.Text.Json.Serialization;

namespace Router.Reports;

/// <summary>Where a downtime is. It is recorded before the step begins, so that a killed tool leaves a true record.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DowntimeStep>))]
internal enum DowntimeStep
{
    /// <summary>The mode is being set.</summary>
    [JsonStringEnumMemberName("closing")]
    Closing,

    /// <summary>The mode is set; the verdict that the command needs has not come yet.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>The command is running, or was when the tool ended, or has failed.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>The command has ended with 0; the checks have not all passed yet.</summary>
    [JsonStringEnumMemberName("checking")]
    Checking,

    /// <summary>The checks have passed; the site is being opened.</summary>
    [JsonStringEnumMemberName("reopening")]
    Reopening,

    /// <summary>Everything that was requested is done.</summary>
    [JsonStringEnumMemberName("done")]
    Done,
}
