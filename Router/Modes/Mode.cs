using Router.Configuration;

namespace Router.Modes;

/// <summary>
/// Defines what can be reached. The current mode is one of these objects, and no other code in Router checks which one it is: what only a
/// stage of a reopening has, <see cref="Stage"/> gives. Adding a mode takes one more class next to these and one more line in
/// <see cref="ModeCatalogue"/>.
/// </summary>
public abstract class Mode
{
    private static readonly string[] SampleMethods = ["GET", "POST", "CONNECT"];

    /// <summary>The name, as configuration and operators write it.</summary>
    public abstract string Name { get; }

    /// <summary>One line for operators that says what remains reachable.</summary>
    public abstract string Summary { get; }

    /// <summary>
    /// Whether the site as a whole counts as closed: then a request that matches no backend (an unknown host) also gets the closed site's
    /// response rather than a 404.
    /// </summary>
    public abstract bool IsClosed { get; }

    /// <summary>The stage of a reopening that this mode is; null for every other mode.</summary>
    public virtual ReopeningMode? Stage => null;

    /// <summary>
    /// Decides about a request with this method to a backend of this kind. An upgrade request, such as for a WebSocket, is checked as
    /// <c>CONNECT</c>, which is what it becomes: what passes through it afterwards may change anything.
    /// </summary>
    public abstract ModeDecision Decide(BackendKind kind, string method);

    /// <summary>Whether a request with this method may reach a backend of this kind.</summary>
    public bool Reaches(BackendKind kind, string method) => Decide(kind, method) == ModeDecision.Allow;

    /// <summary>The share of the clients, from 0 to 1, whose requests with this method reach a backend of this kind.</summary>
    public virtual double ShareReaching(BackendKind kind, string method) => Reaches(kind, method) ? 1 : 0;

    /// <summary>Whether it keeps some request from a backend that would reach it in another mode.</summary>
    public bool RestrictsAnything => Samples.Any(sample => ShareReaching(sample.Kind, sample.Method) < 1);

    /// <summary>Whether it closes something that was open, which a stage of a reopening does not.</summary>
    public bool ClosesWhatWasOpen => RestrictsAnything && Stage is null;

    /// <summary>Whether it lets some request wait.</summary>
    public bool HoldsAnything => Samples.Any(sample => Decide(sample.Kind, sample.Method) == ModeDecision.Hold);

    /// <summary>Whether some request that may change something reaches a backend.</summary>
    public bool AllowsWrites => Enum.GetValues<BackendKind>().Any(AllowsWritesTo);

    /// <summary>Whether a request that may change something reaches a backend of this kind.</summary>
    public bool AllowsWritesTo(BackendKind kind) => SampleMethods.Any(method => method != "GET" && Reaches(kind, method));

    /// <summary>
    /// Whether it allows some request that <paramref name="other"/> rejects: changing from that mode to this one then opens the site.
    /// </summary>
    public bool Opens(Mode other) =>
        Samples.Any(sample => ShareReaching(sample.Kind, sample.Method) > other.ShareReaching(sample.Kind, sample.Method));

    // One request of each kind that a mode can distinguish.
    private static IEnumerable<(BackendKind Kind, string Method)> Samples =>
        from kind in Enum.GetValues<BackendKind>()
        from method in SampleMethods
        select (kind, method);

    public sealed override string ToString() => Name;
}
