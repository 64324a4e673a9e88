namespace Router.Pages;

/// <summary>What a response of Router's own says about the request that it answers.</summary>
public enum RequestOutcome
{
    /// <summary>Nothing: a backend got the request, and its method changes nothing.</summary>
    Unstated,

    /// <summary>No backend got a byte of it, for certain: it may be sent again, whatever its method.</summary>
    NotForwarded,

    /// <summary>A backend got it, or a part of it, and may have carried it out: it is in the list of writes of unknown outcome.</summary>
    Unknown,
}
