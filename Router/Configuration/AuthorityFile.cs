namespace Router.Configuration;

/// <summary>
/// A PEM file of certificate authorities as it was when the configuration was read: the same path with another content is another value.
/// </summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Stamp">Which state of it.</param>
public sealed record AuthorityFile(string Path, string Stamp);
