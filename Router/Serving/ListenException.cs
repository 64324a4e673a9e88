namespace Router.Serving;

/// <summary>An address that somebody chose can't be listened on. The message says which, why, and the cure.</summary>
public sealed class ListenException(string message, Exception cause) : Exception(message, cause);
