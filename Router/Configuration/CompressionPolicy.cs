namespace Router.Configuration;

/// <summary>Which responses Router compresses if the backend has not.</summary>
public enum CompressionPolicy
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>
    /// Responses that cannot contain a secret: style sheets, scripts, SVG; pages and JSON if the request carries no credentials.
    /// </summary>
    On,

    /// <summary>Also pages and JSON for requests with credentials, despite what can be learnt from their length.</summary>
    Personal,
}
