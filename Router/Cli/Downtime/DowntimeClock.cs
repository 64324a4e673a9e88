namespace Router.Cli.Downtime;

/// <summary>The fleet's clock, as the responses of its instances show it: this machine's own one may be wrong.</summary>
internal sealed class DowntimeClock
{
    private TimeSpan? _hostAhead;

    /// <summary>The fleet's time.</summary>
    public DateTimeOffset Now => DateTimeOffset.UtcNow - HostAhead;

    /// <summary>By how much this machine's clock is ahead, to within the time that the quickest response took.</summary>
    public TimeSpan HostAhead => _hostAhead ?? TimeSpan.Zero;

    /// <summary>An instance has responded at this time. While the response was on its way, this clock has gone on.</summary>
    public void See(DateTimeOffset now)
    {
        var ahead = DateTimeOffset.UtcNow - now;
        if (_hostAhead is not { } known || ahead < known)
            _hostAhead = ahead;
    }
}
