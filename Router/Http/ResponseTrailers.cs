namespace Router.Http;

public static class ResponseTrailers
{
    /// <summary>Those that are forwarded to the client. Call this after the body has been read.</summary>
    /// <exception cref="IOException">A trailer contains a forbidden character.</exception>
    public static IEnumerable<(string Name, string Value)> Of(HttpResponseMessage response)
    {
        foreach (var (name, values) in response.TrailingHeaders.NonValidated)
        {
            if (!RestrictedHeaders.MayBeTrailer(name))
                continue;
            foreach (var value in values)
            {
                if (!HeaderSyntax.IsToken(name) || HeaderSyntax.HasControls(value.AsSpan()))
                    throw new IOException(
                        "a trailer broke the response",
                        new InvalidDataException("a trailer has an invalid character (RFC 9110 sections 5.1 and 5.5)")
                    );
                yield return (name, value);
            }
        }
    }
}
