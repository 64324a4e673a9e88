namespace Router.Http;

/// <summary>What methods promise (RFC 9110 section 9.2). They are told apart by case; one that nobody knows promises nothing.</summary>
public static class RequestMethods
{
    /// <summary>Whether it only reads (RFC 9110 section 9.2.1).</summary>
    public static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE";

    /// <summary>Whether doing it twice is the same as doing it once (RFC 9110 section 9.2.2).</summary>
    public static bool IsIdempotent(string method) => IsSafe(method) || method is "PUT" or "DELETE";
}
