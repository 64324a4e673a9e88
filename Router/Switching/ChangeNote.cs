namespace Router.Switching;

/// <summary>What the history says of an act if the record's last step does not say it.</summary>
/// <param name="By">The operator; null if not named.</param>
/// <param name="Text">What it was about; null if the record's last step says it.</param>
public sealed record ChangeNote(string? By, string? Text = null);
