namespace Router.Modes.Stores;

/// <summary>A store could not be read or written. The message says what to look at, for an operator, without a secret.</summary>
public sealed class ModeStoreException(string message, Exception? cause = null) : Exception(message, cause);
