namespace Router.Switching;

/// <summary>What the history says of an act that the record's step does not tell.</summary>
/// <param name="By">Who did it; null where nobody said.</param>
/// <param name="Text">What it was about.</param>
public sealed record ChangeNote(string? By, string Text);
