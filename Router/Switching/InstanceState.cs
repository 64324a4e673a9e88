namespace Router.Switching;

/// <summary>Where an instance is in its life, as the others see it.</summary>
public enum InstanceState
{
    /// <summary>Its heartbeat is current.</summary>
    Live,

    /// <summary>It has stopped in an orderly way, and said so.</summary>
    Stopped,

    /// <summary>Its heartbeat has expired. It may still run and serve clients, cut off from the store.</summary>
    Vanished,

    /// <summary>It vanished, and its process is known to have ended.</summary>
    Ended,
}
