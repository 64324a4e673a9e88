namespace Router.Http.Http1;

/// <summary>How the end of a response body is determined (RFC 9112 section 6.3).</summary>
public enum BodyFraming
{
    None,

    Length,

    /// <summary>By the chunk of size zero.</summary>
    Chunked,

    /// <summary>By the end of the connection.</summary>
    UntilClose,
}
