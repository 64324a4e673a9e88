namespace Router.Modes.Stores;

/// <summary>The stores.</summary>
public static class ModeStores
{
    /// <summary>How many lines the history keeps.</summary>
    public const int HistoryLength = 500;
}
