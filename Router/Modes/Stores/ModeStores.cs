using Router.Configuration;

namespace Router.Modes.Stores;

public static class ModeStores
{
    /// <summary>How long it takes until every instance of a fleet knows of a change, unless configured otherwise.</summary>
    public static readonly TimeSpan FleetActivationDelay = TimeSpan.FromSeconds(2);

    /// <summary>Opens the configured store.</summary>
    public static IModeStore Open(ModeStoreSettings settings, TimeProvider time) =>
        settings switch
        {
            { File: { } file } => new FileModeStore(file, time),
            { Redis: { } redis } => new RedisModeStore(redis, time),
            _ => new ProcessModeStore(time),
        };
}
