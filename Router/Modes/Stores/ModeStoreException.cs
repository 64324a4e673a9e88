namespace Router.Modes.Stores;

/// <summary>A store could not be read or written. The message tells an operator what to check, without a secret.</summary>
public sealed class ModeStoreException(string message, Exception? cause = null) : Exception(message, cause);
