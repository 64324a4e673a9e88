using Router.Background;
using Router.Configuration;
using Router.Modes;

namespace Router.Serving;

/// <summary>
/// Reloads when a configuration file has changed or a signal asks for it. Waits for a file that is still being written; several requests at
/// once cause one reload.
/// </summary>
public sealed class ConfigurationWatch(ConfigurationFiles files, Reloader reloader, BackgroundFailures failures, TimeProvider time)
    : BackgroundLoop(failures, time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // If a writer pauses for longer than this, a partial file is read. That is rejected and does no harm.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time = time;
    private readonly AsyncAutoResetEvent _asked = new(time);
    private volatile string? _cause;

    /// <summary>Requests a reload without waiting for it.</summary>
    public void Request(string cause)
    {
        _cause = cause;
        _asked.Set();
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        var (seen, since) = ("", _time.GetTimestamp());
        while (true)
        {
            await _asked.WaitAsync(Interval, stopping).ConfigureAwait(false);
            if (Interlocked.Exchange(ref _cause, null) is { } cause)
            {
                await reloader.ReloadAsync(cause, stopping).ConfigureAwait(false);
                continue;
            }

            if (!files.HaveChanged(out var now))
                continue;
            if (now != seen)
                (seen, since) = (now, _time.GetTimestamp());
            else if (_time.GetElapsedTime(since) >= Settled)
                await reloader.ReloadAsync("a file changed", stopping).ConfigureAwait(false);
        }
    }
}
