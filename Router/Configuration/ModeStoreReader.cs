namespace Router.Configuration;

public static class ModeStoreReader
{
    /// <summary>Reads <c>Router:ModeStore</c> and records the errors.</summary>
    public static ModeStoreSettings Read(ConfigurationReader reader)
    {
        var settings = new ModeStoreSettings
        {
            File = File(reader),
            Redis = Redis(reader),
            ActivationDelay = ActivationDelay(reader),
            DrainLimit = reader.Duration("DrainLimit", TimeSpan.FromSeconds(30)),
            HeartbeatExpiry = reader.Duration("HeartbeatExpiry", TimeSpan.FromSeconds(10)),
            Lease = reader.DurationOrOff("Lease", null),
            ConfiguredModeWhenUnreachable = UsesConfiguredMode(reader),
        };
        if (settings.Lease is { } lease && lease > TimeSpan.Zero && (lease <= settings.HeartbeatExpiry || lease > TimeSpan.FromHours(1)))
            reader.AddError(
                "Lease",
                $"is '{reader.Text("Lease")}'",
                $"Give a duration above HeartbeatExpiry ({settings.HeartbeatExpiry}) and up to 1h, such as 30s, or off"
            );
        // Without the store an emergency start needs one key, and not also the removal of those that belong to the store.
        if (
            settings is { Lease: not null, File: null, Redis: null }
            && (ModeStoreSettings.IsNone(reader.Text("File")) || ModeStoreSettings.IsNone(reader.Text("Redis")))
        )
            settings = settings with { Lease = null };
        if (settings is { Lease: not null, File: null, Redis: null })
            reader.AddError(
                "Lease",
                "is set, but neither Redis nor File",
                "Set one of them, or remove Lease: an instance that keeps the mode itself cannot lose it"
            );
        if (settings is { File: not null, Redis: not null })
            reader.AddError("Redis", "is set together with File", "Remove one of them: the mode is kept in one place");
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static string? File(ConfigurationReader reader)
    {
        const string hint = "Name a file, or write none to keep the mode in this process alone";
        if (reader.FilledText("File", hint) is not { } path || ModeStoreSettings.IsNone(path))
            return null;
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            reader.AddError("File", $"'{path}' is a directory", "Name a file in it, such as mode.json");
        else if (!Directory.Exists(Path.GetDirectoryName(full)))
            reader.AddError(
                "File",
                $"'{path}' is in a directory that does not exist",
                "Create the directory, and let Router's user write to it"
            );
        return full;
    }

    private static RedisSettings? Redis(ConfigurationReader reader)
    {
        var (text, prefix, authorities) = (
            reader.FilledText("Redis", "Write redis://host:6379, or none to keep the mode in this process alone"),
            reader.FilledText("Prefix", "Give a prefix, such as router-staging, or remove it"),
            CertificateAuthorities.Read(reader, "CertificateAuthorities")
        );
        if (ModeStoreSettings.IsNone(text))
            return null;
        if (text is null)
        {
            if (prefix is not null)
                reader.AddError("Prefix", "is set, but Redis is not", "Set Redis, or remove it");
            if (authorities is not null)
                reader.AddError("CertificateAuthorities", "is set, but Redis is not", "Set Redis, or remove it");
            return null;
        }

        if (!RedisSettings.TryParse(text, out var options, out var problem))
        {
            reader.AddError(
                "Redis",
                problem,
                "Write redis://user:password@host:6379, or rediss:// for TLS; percent-encode special characters in the password"
            );
            return null;
        }

        if (authorities is not null && !options.Ssl)
            reader.AddError(
                "CertificateAuthorities",
                "is set, but the connection to Redis does not use TLS",
                "Write rediss:// (or ssl=true), or remove it"
            );
        if (prefix is not null && !prefix.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or ':'))
            reader.AddError("Prefix", $"is '{prefix}'", "Use letters, digits and - _ . : only, such as router-staging");
        return new RedisSettings(options) { Prefix = prefix ?? "router", CertificateAuthorities = authorities };
    }

    private static TimeSpan? ActivationDelay(ConfigurationReader reader)
    {
        if (reader.Text("ActivationDelay") is not { } text)
            return null;
        var delay = reader.DurationOrOff("ActivationDelay", TimeSpan.FromSeconds(2)) ?? TimeSpan.Zero;
        // An opening takes effect by an operator's command now, never later by a clock.
        if (delay > TimeSpan.FromSeconds(30))
            reader.AddError("ActivationDelay", $"is '{text}'", "Give up to 30s, enough for every instance to learn of a change");
        return delay;
    }

    private static bool UsesConfiguredMode(ConfigurationReader reader)
    {
        switch (reader.Text("WhenUnreachable", "maintenance", "DM_MODE"))
        {
            case null or "maintenance":
                return false;
            case "DM_MODE":
                return true;
            case var other:
                reader.AddError("WhenUnreachable", $"is '{other}'", "Choose maintenance, or DM_MODE for the configured mode");
                return false;
        }
    }
}
