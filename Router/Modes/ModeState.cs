namespace Router.Modes;

/// <summary>The mode that holds, and since when. Immutable, replaced in one step.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="Since">When it took effect.</param>
public sealed record ModeState(Mode Mode, DateTimeOffset Since);
