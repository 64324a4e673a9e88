namespace Router.Configuration;

/// <summary>Three colours, each <c>#rrggbb</c>.</summary>
/// <param name="Accent">Of links and lines.</param>
public sealed record PageColours(string Text, string Background, string Accent);
