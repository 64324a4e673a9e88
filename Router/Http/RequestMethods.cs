namespace Router.Http;

/// <summary>Properties of methods (RFC 9110 section 9.2). Methods are case-sensitive; an unknown method has none of them.</summary>
public static class RequestMethods
{
    /// <summary>Whether the method is safe, that is, read-only (RFC 9110 section 9.2.1).</summary>
    public static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE";

    /// <summary>Whether sending it twice has the same effect as sending it once (RFC 9110 section 9.2.2).</summary>
    public static bool IsIdempotent(string method) => IsSafe(method) || method is "PUT" or "DELETE";
}
