using Router.Configuration;
using Router.Proxy.InFlight;

namespace Router.Tests.SafeModel;

/// <summary>A request, and what the application makes of it.</summary>
internal sealed class SimWrite(string method, bool isUpgraded, BackendKind kind, long work)
{
    public string Method => method;

    public bool IsUpgraded => isUpgraded;

    public BackendKind Kind => kind;

    /// <summary>How long the application works on it. A WebSocket's client sends one row after each such time.</summary>
    public long Work => work;

    /// <summary>The method by which a mode decides.</summary>
    public string ModeMethod => isUpgraded ? "CONNECT" : method;

    public bool IsWrite => isUpgraded || method is not "GET";

    public long Arrived { get; set; }

    public long Forwarded { get; set; }

    /// <summary>Until when the application works on it, once its connection is gone; null while that is open.</summary>
    public long? WorksUntil { get; set; }

    public string Through { get; set; } = "";

    public InFlightRequest Describe(long now) => new("www", method, "www.example.org", "/save", (now - Forwarded) / 1000.0, isUpgraded);

    public override string ToString()
    {
        var connection = WorksUntil is null ? "open" : "gone";
        return $"{(isUpgraded ? "WebSocket" : method)} to {kind}, through {Through}, forwarded at {Forwarded} ms, connection {connection}";
    }
}
