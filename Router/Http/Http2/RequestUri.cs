namespace Router.Http.Http2;

/// <summary>Combines a backend's origin with a raw path without changing a character.</summary>
public static class RequestUri
{
    // Uri would decode %41, resolve dot segments and escape characters. The request target must be forwarded exactly as received.
    private static readonly UriCreationOptions Raw = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Returns the request URI.</summary>
    /// <param name="origin">The scheme, host and port.</param>
    /// <param name="pathAndQuery">The rest, starting with a slash.</param>
    public static Uri Of(Uri origin, string pathAndQuery) =>
        new(string.Concat(origin.GetLeftPart(UriPartial.Authority), pathAndQuery), Raw);
}
