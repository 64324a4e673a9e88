namespace Router.Holding;

/// <summary>Why a request no longer waits.</summary>
public enum HoldEnd
{
    /// <summary>The mode allows the request: it is admitted again.</summary>
    Released,

    /// <summary>The mode now closes its backend.</summary>
    Closed,

    /// <summary>It has waited for as long as it may.</summary>
    Expired,

    /// <summary>As many requests wait already as may.</summary>
    Rejected,

    /// <summary>This instance is stopping.</summary>
    Stopping,

    /// <summary>Its client has disconnected.</summary>
    ClientGone,
}

/// <summary>The names of <see cref="HoldEnd"/> in metrics.</summary>
public static class HoldEnds
{
    private static readonly string[] Names = ["released", "closed", "expired", "rejected", "stopping", "client_gone"];

    public static string NameOf(HoldEnd end) => Names[(int)end];
}
