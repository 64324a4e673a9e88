using System.Runtime.InteropServices;

namespace Router.Cli;

/// <summary>
/// How a downtime ends early: Ctrl+C, a closed terminal and SIGTERM leave the site as it is. The tool waits for the command, which gets
/// Ctrl+C and the end of the terminal from the terminal itself, and records how it has ended.
/// </summary>
internal sealed class DowntimeSignals : IDisposable
{
    private const int OfSignals = 128;

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _terminate = new();
    private int _code;

    public DowntimeSignals()
    {
        foreach (var (signal, number) in new[] { (PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15) })
            _registrations.Add(PosixSignalRegistration.Create(signal, context => Stop(context, number)));
    }

    /// <summary>Cancelled by SIGTERM, which nobody else passes on to the command.</summary>
    public CancellationToken Terminating => _terminate.Token;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public int ExitCode => OfSignals + Volatile.Read(ref _code);

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
        _terminate.Dispose();
    }

    private void Stop(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        Interlocked.CompareExchange(ref _code, number, 0);
        _stop.Cancel();
        if (context.Signal == PosixSignal.SIGTERM)
            _terminate.Cancel();
    }
}
