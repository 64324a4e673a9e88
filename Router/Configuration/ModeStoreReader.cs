namespace Router.Configuration;

/// <summary>Reads <c>Router:ModeStore</c>.</summary>
public static class ModeStoreReader
{
    /// <summary>Reads it and notes what is wrong.</summary>
    public static ModeStoreSettings Read(ConfigurationReader reader)
    {
        var settings = new ModeStoreSettings
        {
            File = File(reader),
            Lead = Lead(reader),
            DrainLimit = reader.Duration("DrainLimit", TimeSpan.FromSeconds(30)),
            HeartbeatExpiry = reader.Duration("HeartbeatExpiry", TimeSpan.FromSeconds(10)),
            ConfiguredModeWhenUnreachable = UsesConfiguredMode(reader),
        };
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static string? File(ConfigurationReader reader)
    {
        if (reader.Text("File") is not { } path)
            return null;
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            reader.Fault("File", $"'{path}' is a directory", "Name a file in it, such as mode.json");
        else if (!Directory.Exists(Path.GetDirectoryName(full)))
            reader.Fault("File", $"'{path}' is in a directory that is not there", "Make the directory, which must be writable for Router to change the mode");
        return full;
    }

    private static TimeSpan? Lead(ConfigurationReader reader)
    {
        if (reader.Text("Lead") is not { } text)
            return null;
        if (text.Equals("off", StringComparison.OrdinalIgnoreCase))
            return TimeSpan.Zero;
        var lead = reader.Duration("Lead", TimeSpan.FromSeconds(2));
        // An opening is an operator's word for now, and no clock's for later.
        if (lead > TimeSpan.FromSeconds(30))
            reader.Fault("Lead", $"is '{text}'", "Give up to 30s, enough for every instance to hear of a change");
        return lead;
    }

    private static bool UsesConfiguredMode(ConfigurationReader reader)
    {
        switch (reader.Text("WhenUnreachable"))
        {
            case null or "maintenance":
                return false;
            case "DM_MODE":
                return true;
            case var other:
                reader.Fault("WhenUnreachable", $"is '{other}'", "Choose maintenance, or DM_MODE for the configured mode");
                return false;
        }
    }
}
