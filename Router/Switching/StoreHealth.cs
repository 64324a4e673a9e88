using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>What is wrong with the mode store, as this instance sees it. Each problem is logged once, when it begins.</summary>
public sealed partial class StoreHealth(IModeStore store, ModeController modes, ILogger<StoreHealth> logger)
{
    private volatile string? _problem = "the mode store has not been read yet";
    private volatile string? _isolation;
    private string? _notWritten;

    /// <summary>Why the record can't be read or understood; null if it can.</summary>
    public string? Problem => _problem;

    /// <summary>Why this instance can't report to the others through the store; null if it can.</summary>
    public string? Isolation => _isolation;

    /// <summary>
    /// Whether a record could not be read or understood at some time since the start. A store that is empty afterwards may have lost its
    /// data.
    /// </summary>
    public bool WasUnreadable { get; private set; }

    public void SetProblem(string? problem)
    {
        if (problem == _problem)
            return;
        var had = _problem;
        _problem = problem;
        if (problem is not null)
            LogProblem(problem, modes.Current);
        else if (had is not null && WasUnreadable)
            LogSolved(store.Name, modes.Current);
    }

    /// <summary>Sets why this instance waits for a store that holds nothing, as at the first start of a site. It is no failure.</summary>
    public void SetWaiting(string? reason)
    {
        if (reason == _problem)
            return;
        _problem = reason;
        if (reason is not null)
            LogWaiting(reason);
    }

    /// <summary>Sets a problem that hides what the store holds.</summary>
    public void SetUnreadable(string problem)
    {
        WasUnreadable = true;
        SetProblem(problem);
    }

    public void SetIsolation(string? reason)
    {
        _isolation = reason;
        if (reason is not null)
            WarnNotWritten(reason);
    }

    /// <summary>Warns that the store refuses a write. A problem with reading has been logged already.</summary>
    public void WarnNotWritten(string reason)
    {
        if (reason == _notWritten || reason == _problem)
            return;
        _notWritten = reason;
        LogNotWritten(reason);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem}. The mode remains {Mode}.")]
    private partial void LogProblem(string problem, Mode mode);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Reason}. Until then this instance is closed.")]
    private partial void LogWaiting(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Store} can be read again. The mode is {Mode}.")]
    private partial void LogSolved(string store, Mode mode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Writing to the mode store failed: {Reason}")]
    private partial void LogNotWritten(string reason);
}
