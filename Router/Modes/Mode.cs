using Router.Configuration;

namespace Router.Modes;

/// <summary>
/// What is reachable. The current mode is one of these objects, and nothing else in Router asks which one it is.
/// A further mode is one more class beside these and one more line in <see cref="ModeCatalogue"/>.
/// </summary>
public abstract class Mode
{
    private static readonly string[] SampleMethods = ["GET", "POST", "CONNECT"];

    /// <summary>The name, as configuration and operators write it.</summary>
    public abstract string Name { get; }

    /// <summary>One line that says to an operator what stays reachable.</summary>
    public abstract string Summary { get; }

    /// <summary>
    /// Whether the site as a whole counts as closed: then a request that no backend would get
    /// (an unknown host) meets the closed site too, and not a 404.
    /// </summary>
    public abstract bool IsClosed { get; }

    /// <summary>
    /// Whether a request with this method may reach a backend of this kind. A request that asks for an upgrade, such as a WebSocket, is
    /// asked for as <c>CONNECT </c>, which is what it comes to: what goes through afterwards may change anything.
    /// </summary>
    public abstract bool Reaches(BackendKind kind, string method);

    /// <summary>Whether some request that would reach a backend in another mode is kept from it.</summary>
    public bool ClosesAnything => Samples.Any(sample => !Reaches(sample.Kind, sample.Method));

    /// <summary>Whether some request that may change something reaches a backend.</summary>
    public bool AllowsWrites => Enum.GetValues<BackendKind>().Any(AllowsWritesTo);

    /// <summary>Whether a request that may change something reaches a backend of this kind.</summary>
    public bool AllowsWritesTo(BackendKind kind) => SampleMethods.Any(method => method != "GET" && Reaches(kind, method));

    /// <summary>
    /// Whether it lets through some request that <paramref name="other"/> keeps back: then going from that one to this one opens the site.
    /// </summary>
    public bool Opens(Mode other) =>
        Samples.Any(sample => Reaches(sample.Kind, sample.Method) && !other.Reaches(sample.Kind, sample.Method));

    // One request of each sort that a mode can tell apart.
    private static IEnumerable<(BackendKind Kind, string Method)> Samples =>
        from kind in Enum.GetValues<BackendKind>()
        from method in SampleMethods
        select (kind, method);

    public sealed override string ToString() => Name;
}
