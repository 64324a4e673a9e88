using System.Collections.Immutable;
using System.Net;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// The runtime state of a list of trusted proxies: its last valid content. If the list cannot be read, the last valid content remains in
/// use; if there is none yet, none of its proxies is trusted.
/// </summary>
public sealed partial class ProxyList
{
    // A failed read is retried soon: until it succeeds, the clients behind these proxies may be mistaken for the proxies.
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile Good? _good;
    private bool? _works;
    private long? _nextAt;

    /// <summary>Starts with the configured ranges, or with what was known before a reload.</summary>
    public ProxyList(TrustedProxyListSettings settings, ProxyList? before, TimeProvider time, ILogger logger)
    {
        (Settings, _time, _logger) = (settings, time, logger);
        (_good, _works) = (before?._good, before?._works);
    }

    /// <summary>The list as configured.</summary>
    public TrustedProxyListSettings Settings { get; }

    /// <summary>The trusted ranges.</summary>
    public ImmutableArray<IPNetwork> Ranges => _good?.Ranges ?? Settings.Ranges;

    /// <summary>How long ago the list was read; null if it never was, or if the configuration itself contains it.</summary>
    public TimeSpan? Age => _good is { } good ? _time.GetElapsedTime(good.At) : null;

    /// <summary>Whether the list is due to be read.</summary>
    public bool IsDue => Settings.Location is not null && (_nextAt is not { } next || _time.GetTimestamp() >= next);

    /// <summary>Why the last read failed; null if it succeeded.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads the list; call it from one caller at a time.</summary>
    public async Task RefreshAsync(HttpClient client, CancellationToken stopping)
    {
        var location = Settings.Location!;
        string? problem = null;
        try
        {
            using var limit = new CancellationTokenSource(Timeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
            var content = location.IsFile
                ? await File.ReadAllBytesAsync(location.LocalPath, both.Token).ConfigureAwait(false)
                : await client.GetByteArrayAsync(location, both.Token).ConfigureAwait(false);
            _good = new Good(PublishedRanges.Read(content, Settings.Service), _time.GetTimestamp());
        }
        catch (Exception error) when (error is HttpRequestException or IOException or UnauthorizedAccessException or FormatException)
        {
            problem = error.Message.TrimEnd('.');
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            problem = $"it took longer than {Timeout.TotalSeconds:F0} s";
        }

        Problem = problem;
        var wait = problem is not null && Retry < Settings.Refresh ? Retry : Settings.Refresh;
        _nextAt = _time.GetTimestamp() + (long)(wait.TotalSeconds * _time.TimestampFrequency);
        Report(problem, location.IsFile ? location.LocalPath : location.AbsoluteUri);
    }

    // Logged once for each change from good to bad or back: an unchanged state is not news.
    private void Report(string? problem, string location)
    {
        if (_works == problem is null)
            return;
        _works = problem is null;
        if (problem is null)
            LogRead(Settings.Name, Ranges.Length, location);
        else if (_good is { } good)
            LogKept(Settings.Name, location, problem, good.Ranges.Length, Age!.Value);
        else
            LogMissing(Settings.Name, location, problem);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Trusted proxies {List}: {Ranges} ranges from {Location}.")]
    private partial void LogRead(string list, int ranges, string location);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Trusted proxies {List}: {Location} can't be used: {Problem}. The last valid list is kept: {Ranges} ranges, {Age} old."
    )]
    private partial void LogKept(string list, string location, string problem, int ranges, TimeSpan age);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Trusted proxies {List}: {Location} can't be used: {Problem}. No proxy of this list is trusted until it can be."
    )]
    private partial void LogMissing(string list, string location, string problem);

    private sealed record Good(ImmutableArray<IPNetwork> Ranges, long At);
}
