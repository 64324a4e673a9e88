namespace Router.Switching;

/// <summary>How an instance that vanished is known to have ended.</summary>
/// <param name="At">When that was established, by the fleet's clock: it had ended by then.</param>
/// <param name="By">The operator who acknowledged it, or the instance on the same host that proved it.</param>
/// <param name="IsProven">Whether an instance proved it; false where an operator said so.</param>
public sealed record InstanceEnd(DateTimeOffset At, string By, bool IsProven);
