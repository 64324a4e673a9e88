namespace Router.Configuration;

/// <summary>
/// A PEM file of certificate authorities as it was when the configuration was read: the same path with different content is a different
/// value.
/// </summary>
/// <param name="Stamp">Identifies the state of its content.</param>
public sealed record AuthorityFile(string Path, string Stamp);
