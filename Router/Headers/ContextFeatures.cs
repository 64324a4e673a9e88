namespace Router.Headers;

/// <summary>Access to the server's features of a request.</summary>
public static class ContextFeatures
{
    /// <summary>
    /// Returns a feature, or null if the server does not provide it. Looks it up by type instead of the framework's generic method: with
    /// ahead-of-time compilation, a generic interface method is resolved at every call.
    /// </summary>
    public static T? Feature<T>(this HttpContext context)
        where T : class => (T?)context.Features[typeof(T)];
}
