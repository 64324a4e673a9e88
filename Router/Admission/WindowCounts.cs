using Router.Http;
using Router.Modes;

namespace Router.Admission;

/// <summary>
/// Counts, for a window of downtime, the requests that the mode rejected on this instance and those that a bypass admitted. The counts of a
/// window are kept until the next one begins, so that they can be reported after the site has opened.
/// </summary>
public sealed class WindowCounts
{
    private Window _window = new(null);

    /// <summary>The window that the counts belong to; null if nothing was counted yet.</summary>
    public WindowCount Current
    {
        get
        {
            var window = Volatile.Read(ref _window);
            return new WindowCount(
                window.Id,
                Volatile.Read(ref window.Rejected),
                Volatile.Read(ref window.RejectedWrites),
                Volatile.Read(ref window.Bypassed)
            );
        }
    }

    /// <summary>The mode rejected a request.</summary>
    /// <param name="state">The mode.</param>
    /// <param name="method">The method by which the mode was asked: that of an upgrade is <c>CONNECT</c>.</param>
    public void Reject(ModeState state, string method)
    {
        var window = Of(state);
        Interlocked.Increment(ref window.Rejected);
        if (!RequestMethods.IsSafe(method))
            Interlocked.Increment(ref window.RejectedWrites);
    }

    /// <summary>A bypass admitted a request.</summary>
    public void Bypass(ModeState state) => Interlocked.Increment(ref Of(state).Bypassed);

    // A closed site without a window has lost the store or has not read it yet: what it rejects belongs to the window that is known.
    private Window Of(ModeState state)
    {
        var window = Volatile.Read(ref _window);
        if (state.Step.Window is not { } id || window.Id == id)
            return window;
        var next = new Window(id);
        var found = Interlocked.CompareExchange(ref _window, next, window);
        return ReferenceEquals(found, window) ? next : found;
    }

    private sealed class Window(string? id)
    {
        public long Rejected;
        public long RejectedWrites;
        public long Bypassed;

        public string? Id => id;
    }
}
