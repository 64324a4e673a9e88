namespace Router.Configuration;

/// <summary>How requests wait in a mode that holds, from <c>Router:Hold</c>. Read at startup; a change needs a restart.</summary>
public sealed record HoldSettings
{
    /// <summary>The longest time that a request may wait: clients and load balancers give up after some minutes.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(5);

    /// <summary>How long a request may wait unless the operator says otherwise. Default 30 s.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>How many requests may wait on this instance. Default 10,000.</summary>
    public required int MaxRequests { get; init; }

    /// <summary>
    /// How many waiting requests continue in the first second after the site opens; twice as many in each further second. Default 100.
    /// </summary>
    public required int ReleaseRate { get; init; }

    public static HoldSettings Read(ConfigurationReader reader)
    {
        var settings = new HoldSettings
        {
            Timeout = reader.Duration("Timeout", TimeSpan.FromSeconds(30)),
            MaxRequests = reader.Number("MaxRequests", 10_000, 1, 1_000_000),
            ReleaseRate = reader.Number("ReleaseRate", 100, 1, 1_000_000),
        };
        if (settings.Timeout > MaxTimeout)
            reader.AddError("Timeout", $"is '{reader.Text("Timeout")}'", $"Give up to {DurationText.Of(MaxTimeout)}, such as 30s");
        reader.RefuseUnknownKeys();
        return settings;
    }
}
