namespace Router.Modes;

/// <summary>What a mode does with a request for a backend.</summary>
public enum ModeDecision
{
    /// <summary>The request reaches the backend.</summary>
    Allow,

    /// <summary>The request waits, with its body unread, until a mode allows or closes it.</summary>
    Hold,

    /// <summary>The request gets the page.</summary>
    Close,
}
