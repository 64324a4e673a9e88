using System.Runtime.InteropServices;
using Router.Serving;

namespace Router.Cli;

/// <summary>
/// How a serving Router handles signals: SIGHUP reloads; SIGUSR1 and SIGUSR2, which log rotation and supervisors send to other servers, do
/// nothing; SIGTERM, SIGINT and SIGQUIT stop it, which the host handles and which is only recorded here. Without a handler each of them
/// ends the process at once.
/// </summary>
internal sealed class ProcessSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Lock _lock = new();
    private ConfigurationWatch? _watch;
    private bool _isReloadAsked;
    private volatile bool _isStopAsked;

    public ProcessSignals()
    {
        On(PosixSignal.SIGHUP, Reload);
        // The numbers depend on the platform; .NET has no names for them.
        On((PosixSignal)(OperatingSystem.IsLinux() ? 10 : 30), Ignore);
        On((PosixSignal)(OperatingSystem.IsLinux() ? 12 : 31), Ignore);
        foreach (var stop in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT })
            On(stop, _ => _isStopAsked = true);
    }

    public bool IsStopAsked => _isStopAsked;

    /// <summary>Enables reloads from now on; a reload requested during startup follows.</summary>
    public void Serve(ConfigurationWatch watch)
    {
        lock (_lock)
        {
            _watch = watch;
            if (_isReloadAsked)
                watch.Request("SIGHUP");
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void On(PosixSignal signal, Action<PosixSignalContext> handle) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, handle));

    private void Reload(PosixSignalContext signal)
    {
        signal.Cancel = true;
        lock (_lock)
        {
            _isReloadAsked = true;
            _watch?.Request("SIGHUP");
        }
    }

    private static void Ignore(PosixSignalContext signal) => signal.Cancel = true;
}
