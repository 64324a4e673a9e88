using Polly;
using Polly.Retry;

namespace Router.Forwarding;

/// <summary>
/// Sends a request again where the backend has provably not begun with it, or where the request may be done twice and a kept
/// connection turned out dead. Nothing else, and never beyond the budget. The policy is asked only after a first failure:
/// a request that goes well pays nothing for it.
/// </summary>
public sealed class RetryHandler : DelegatingHandler
{
    private const int Repeats = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private readonly RetryBudget _budget = new();
    private readonly Action<BackendException> _repeated;
    private readonly AsyncRetryPolicy _policy;

    /// <summary>Makes the handler.</summary>
    /// <param name="repeated">Is told of each repeat and of what made it necessary.</param>
    public RetryHandler(Action<BackendException> repeated)
    {
        _repeated = repeated;
        // Between 12 and 37 ms, then twice that: enough for a restarting listener, spread so that all do not come at once.
        _policy = Policy
            .Handle<BackendException>(IsWorthAnother)
            .WaitAndRetryAsync(Repeats - 1, attempt => Pause * attempt * (0.5 + Random.Shared.NextDouble()), (fault, _) => repeated((BackendException)fault));
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _budget.Save();
        var sent = (BackendRequest)request;
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (BackendException fault) when (MayRepeat(fault, sent) && _budget.TrySpend())
        {
            _repeated(fault);
        }

        sent.NeedsFreshConnection = true;
        return await _policy.ExecuteAsync(token => base.SendAsync(request, token), cancellationToken).ConfigureAwait(false);
    }

    private static bool MayRepeat(BackendException fault, BackendRequest request) =>
        fault.Failure != ForwardFailure.CircuitOpen && (fault.NotBegun || (fault.DiedIdle && request.IsRepeatable));

    // On a connection of its own a request can't meet one that died idle.
    private bool IsWorthAnother(BackendException fault) =>
        fault is { NotBegun: true, Failure: not ForwardFailure.CircuitOpen } && _budget.TrySpend();
}
