using System.Net;
using System.Threading.RateLimiting;
using Router.Configuration;
using Router.Upstreams;

namespace Router.Holding;

/// <summary>A request that waits for the mode to open.</summary>
/// <param name="kind">The kind of its backend.</param>
/// <param name="modeMethod">The method used to check the mode.</param>
/// <param name="client">Its client's IP address.</param>
/// <param name="upstream">Its backend; null for a file that Router serves.</param>
/// <param name="since">When it began to wait, as a timestamp of the monotonic clock.</param>
/// <param name="deadline">Until when it may wait, likewise.</param>
public sealed class HeldRequest(BackendKind kind, string modeMethod, IPAddress client, Upstream? upstream, long since, long deadline)
{
    // Its continuation forwards the request: never on the thread that releases a thousand of them.
    private readonly TaskCompletionSource<HoldEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BackendKind Kind => kind;

    public string ModeMethod => modeMethod;

    public IPAddress Client => client;

    public Upstream? Upstream => upstream;

    public long Since => since;

    public long Deadline => deadline;

    /// <summary>Completes when it no longer waits.</summary>
    public Task<HoldEnd> Ended => _ended.Task;

    /// <summary>The permit of its backend that a released request has; null if it has none. It must be taken over or returned.</summary>
    internal RateLimitLease? Permit { private get; set; }

    /// <summary>Its place in the queue; null if it is in none.</summary>
    internal LinkedListNode<HeldRequest>? Node { get; set; }

    /// <summary>Hands the permit over. If a reload has given the path to another backend, returns it, and the result is null.</summary>
    public RateLimitLease? TakePermit(Upstream backend)
    {
        if (backend != upstream)
        {
            ReturnPermit();
            return null;
        }

        var permit = Permit;
        Permit = null;
        return permit;
    }

    /// <summary>Returns a permit that has not been taken over.</summary>
    public void ReturnPermit()
    {
        Permit?.Dispose();
        Permit = null;
    }

    internal void End(HoldEnd end) => _ended.TrySetResult(end);
}
