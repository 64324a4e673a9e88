namespace Router.Configuration;

/// <summary>Reads <c>Router:Limits</c>.</summary>
public static class LimitsReader
{
    /// <summary>Reads the section and records the errors.</summary>
    public static LimitSettings Read(ConfigurationReader reader)
    {
        var limits = new LimitSettings
        {
            MaxConnections = reader.OptionalNumber("MaxConnections", 1, int.MaxValue),
            MaxHeaderCount = reader.Number("MaxHeaderCount", 100, 1, 10_000),
            MaxHeaderSize = Bytes("MaxHeaderSize", 32 << 10),
            MaxRequestLine = Bytes("MaxRequestLine", 8 << 10),
            HeaderTimeout = reader.Duration("HeaderTimeout", TimeSpan.FromSeconds(30)),
            KeepAliveTimeout = reader.Duration("KeepAliveTimeout", TimeSpan.FromSeconds(130)),
            MinDataRate = reader.Number("MinDataRate", 240, 0, 1_000_000_000),
            ResponseGrace = ResponseGrace(),
        };
        reader.RefuseUnknownKeys();
        return limits;

        // The server checks its connections once a second and accepts no shorter grace period.
        TimeSpan ResponseGrace()
        {
            var grace = reader.Duration("ResponseGrace", TimeSpan.FromSeconds(60));
            if (grace > TimeSpan.FromSeconds(1))
                return grace;
            reader.AddError("ResponseGrace", $"is {grace.TotalSeconds} s", "Give more than 1s, such as 60s");
            return TimeSpan.FromSeconds(60);
        }

        int Bytes(string key, int otherwise)
        {
            if (reader.Size(key) is not { } size)
                return otherwise;
            if (size is >= 64 and <= 16 << 20)
                return (int)size;
            reader.AddError(key, $"is {size} bytes", "Give from 64 bytes to 16MiB");
            return otherwise;
        }
    }
}
