using System.Net;
using Router.Configuration;
using Router.Http;
using Router.Modes;

namespace Router.Metrics;

/// <summary>Counts the requests that this instance forwards because of the current stage of a reopening, and those that failed.</summary>
public sealed class StageTraffic : IDisposable
{
    private readonly ModeController _modes;
    private volatile StageCounts? _current;

    public StageTraffic(ModeController modes)
    {
        _modes = modes;
        modes.Changed += Follow;
        Follow(modes.State);
    }

    /// <summary>The counts of the stage in force; null without a reopening. This check is all that a request costs then.</summary>
    public StageCounts? Current => _current;

    public void Dispose() => _modes.Changed -= Follow;

    // By the record's step: an instance that has closed itself because it lost the store keeps what it has counted.
    private void Follow(ModeState state)
    {
        var step = state.RecordStep;
        if (step.Mode.Stage is not { } stage)
            _current = null;
        else if (_current?.Made != step.Made)
            _current = new StageCounts(step.Made, stage);
    }
}

/// <summary>The requests of one stage.</summary>
/// <param name="made">The version of the record that introduced the stage.</param>
/// <param name="mode">The stage.</param>
public sealed class StageCounts(RecordVersion made, ReopeningMode mode)
{
    private long _requests;
    private long _failures;

    public RecordVersion Made => made;

    /// <summary>How many requests have ended.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>How many of them failed.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Counts a forwarded request that has ended, if it was forwarded because of the stage.</summary>
    /// <param name="client">The client's address.</param>
    /// <param name="kind">What kind of backend it was forwarded to.</param>
    /// <param name="modeMethod">The method that was used to check the mode.</param>
    /// <param name="status">The status that the client got.</param>
    /// <param name="failure">Why forwarding failed; null if it did not.</param>
    public void Count(IPAddress client, BackendKind kind, string modeMethod, int status, ForwardFailure? failure)
    {
        if (!mode.IsOpenTo(client, kind) || mode.Plan.Closed.Reaches(kind, modeMethod))
            return;
        // What the client ended or spoiled, and what a closing cut, says nothing about the site.
        if (failure is { } reason && reason != ForwardFailure.InternalError && !ForwardFailures.IsOfTheBackend(reason))
            return;
        // A reader that reads the two in the opposite order never sees more failures than requests.
        Interlocked.Increment(ref _requests);
        if (failure is not null || status >= StatusCodes.Status500InternalServerError)
            Interlocked.Increment(ref _failures);
    }
}
