using Router.Management;

namespace Router.Cli;

/// <summary>How a wait for the verdict ended.</summary>
/// <param name="Fleet">The last state.</param>
/// <param name="WhyNot">Why the wanted state was not reached; null if it was.</param>
internal sealed record VerdictWaitEnd(FleetDocument Fleet, string? WhyNot)
{
    /// <summary>Whether the wanted state was reached.</summary>
    public bool IsReached => WhyNot is null;
}
