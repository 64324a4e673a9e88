namespace Router.Switching;

/// <summary>The last writes of a backend.</summary>
/// <param name="Backend">Its name.</param>
/// <param name="Accepted">When one was last sent to it; null where none was.</param>
/// <param name="Completed">When the response to one was last complete; null where none was.</param>
public sealed record BackendWrites(string Backend, DateTimeOffset? Accepted, DateTimeOffset? Completed);
