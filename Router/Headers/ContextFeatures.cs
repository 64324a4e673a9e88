namespace Router.Headers;

/// <summary>What the server has of a request beyond the usual.</summary>
public static class ContextFeatures
{
    /// <summary>
    /// A feature; null where the server has it not. By its type and not by the framework's generic method: compiled ahead of time,
    /// a generic method of an interface is searched for at each call.
    /// </summary>
    public static T? Feature<T>(this HttpContext context)
        where T : class => (T?)context.Features[typeof(T)];
}
