namespace Router.Pages;

/// <summary>What one of Router's own responses states about the request.</summary>
public enum RequestOutcome
{
    /// <summary>Nothing: a backend received the request, and its method changes nothing.</summary>
    Unstated,

    /// <summary>It is certain that no backend received a byte of it: the client may resend it, whatever its method.</summary>
    NotForwarded,

    /// <summary>A backend received all or part of it and may have executed it: it is in the list of writes of unknown outcome.</summary>
    Unknown,
}
