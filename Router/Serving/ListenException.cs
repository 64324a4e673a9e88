namespace Router.Serving;

/// <summary>A configured address cannot be listened on. The message says which, why, and how to fix it.</summary>
public sealed class ListenException(string message, Exception cause) : Exception(message, cause);
