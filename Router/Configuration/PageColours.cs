namespace Router.Configuration;

/// <summary>Three colours, each <c>#rrggbb</c>.</summary>
/// <param name="Text">Of the text.</param>
/// <param name="Background">Of the background.</param>
/// <param name="Accent">Of links and lines.</param>
public sealed record PageColours(string Text, string Background, string Accent);
