using Router.Configuration;
using Router.Management;

namespace Router.Cli;

/// <summary>How a wait for the verdict ended.</summary>
/// <param name="Fleet">The last state.</param>
/// <param name="WhyNot">Why the wanted state was not reached; null if it was.</param>
internal sealed record VerdictWaitEnd(FleetDocument Fleet, string? WhyNot)
{
    /// <summary>Whether the wanted state was reached.</summary>
    public bool IsReached => WhyNot is null;

    /// <summary>Another change has replaced the one that was waited for.</summary>
    public static VerdictWaitEnd Replaced(FleetDocument fleet) =>
        new(fleet, $"The mode was changed in the meantime (version {fleet.Version}).");

    /// <summary>The wait ended before the wanted state was reached.</summary>
    /// <param name="fleet">The last state.</param>
    /// <param name="what">What continues: the switch or the reopening.</param>
    /// <param name="client">The client that was used, for the hint.</param>
    /// <param name="expect">How many instances there must be; null if that is not known.</param>
    /// <param name="limit">The time that has passed; null if the command was interrupted.</param>
    public static VerdictWaitEnd Early(FleetDocument fleet, string what, ManagementClient client, int? expect, TimeSpan? limit)
    {
        var again = StateCommands.Wait(expect);
        return new VerdictWaitEnd(
            fleet,
            client.Hint(
                limit is { } passed
                    ? $"Stopped waiting after {DurationText.ToTheSecond(passed)}. The {what} continues. To keep waiting: {again}"
                    : $"Interrupted. The {what} continues without this command. To wait again: {again}"
            )
        );
    }
}
