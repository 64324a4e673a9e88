namespace Router.Http.Http2;

/// <summary>Puts a backend's origin and a raw path together, without a character changed.</summary>
public static class RequestUri
{
    // Uri would decode %41, resolve dot segments and encode what it thinks must be; the raw target goes on as it came.
    private static readonly UriCreationOptions Raw = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>The URI to ask for.</summary>
    /// <param name="origin">Scheme, host and port.</param>
    /// <param name="pathAndQuery">What follows, beginning with a slash.</param>
    public static Uri Of(Uri origin, string pathAndQuery) =>
        new(string.Concat(origin.GetLeftPart(UriPartial.Authority), pathAndQuery), Raw);
}
