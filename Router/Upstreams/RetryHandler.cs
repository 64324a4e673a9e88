using Polly;
using Polly.Retry;
using Router.Http;

namespace Router.Upstreams;

/// <summary>
/// Retries a request if the backend has provably not started processing it, or if it is idempotent and a reused connection turned out to be
/// dead. It retries nothing else and never exceeds the budget, except that another destination of the backend may always be tried: that one
/// has not received the request yet, and a destination that is down has a circuit breaker. The pipeline is used only after a first failure:
/// a successful request pays nothing for it.
/// </summary>
public sealed class RetryHandler : DelegatingHandler
{
    private const int MaxRetries = 2;

    // A backend that ends a connection after 50 requests refuses the further ones on it. With 64 requests at a time on a busy machine, not
    // quite half of the refused ones are refused again, each time: with ten retries, one request in 200,000 failed.
    private const int MaxRefusedRetries = 40;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private readonly RetryBudget _budget = new();
    private readonly bool _hasOthers;
    private readonly Action<BackendException> _onRetry;
    private readonly TimeProvider _time;

    // Built with the first retry: Polly validates its options by reflection.
    private readonly Lazy<ResiliencePipeline> _pipeline;

    /// <summary>Creates the handler.</summary>
    /// <param name="hasOthers">Whether the backend has several destinations.</param>
    /// <param name="onRetry">Called for each retry with the failure that caused it.</param>
    /// <param name="time">The clock by which retries wait.</param>
    public RetryHandler(bool hasOthers, Action<BackendException> onRetry, TimeProvider time)
    {
        _hasOthers = hasOthers;
        _onRetry = onRetry;
        _time = time;
        _pipeline = new Lazy<ResiliencePipeline>(BuildPipeline);
    }

    // The first attempt; its failure is for the caller (MayRetry, RetryAsync). An asynchronous method here would cost every request 2 %.
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _budget.Save();
        return base.SendAsync(request, cancellationToken);
    }

    /// <summary>Whether a request whose first attempt failed is to be retried. Spends from the budget.</summary>
    public bool MayRetry(BackendException error, BackendRequest request) =>
        IsRefused(error) || (IsSafeToRetry(error, request) && MaySpend(error));

    /// <summary>Retries a request whose first attempt failed.</summary>
    public Task<HttpResponseMessage> RetryAsync(BackendException error, BackendRequest request)
    {
        if (IsRefused(error))
            return RetryRefusedAsync(request, error);
        return RetryLostAsync(error, request);
    }

    private Task<HttpResponseMessage> RetryLostAsync(BackendException error, BackendRequest request)
    {
        _onRetry(error);
        request.MayHaveBegunBefore |= !error.NotBegun;
        request.NeedsFreshConnection = true;
        return RunPipelineAsync(request);
    }

    // A request that the backend declares unprocessed has cost it nothing, so these retries are limited by a count and not by the budget.
    private async Task<HttpResponseMessage> RetryRefusedAsync(BackendRequest request, BackendException error)
    {
        for (var retry = 1; ; retry++)
        {
            _onRetry(error);
            if (!request.MayHaveBegunBefore)
                request.NotBegun();
            try
            {
                // A connection that has ended is replaced immediately. A backend that has too many streams needs a moment.
                if (retry > 1)
                    await Task.Delay(Jittered(Pause), _time, request.Cancellation).ConfigureAwait(false);
                return await base.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
            }
            catch (BackendException again) when (IsRefused(again) && retry < MaxRefusedRetries)
            {
                error = again;
            }
            catch (BackendException other) when (!other.IsRefused && IsSafeToRetry(other, request) && MaySpend(other))
            {
                return await RetryLostAsync(other, request).ConfigureAwait(false);
            }
        }
    }

    private Task<HttpResponseMessage> RunPipelineAsync(BackendRequest request) =>
        _pipeline
            .Value.ExecuteAsync(async token => await base.SendAsync(request, token).ConfigureAwait(false), request.Cancellation)
            .AsTask();

    private ResiliencePipeline BuildPipeline()
    {
        // Between 12 and 37 ms: enough for a listener to restart, with jitter so that retries do not all arrive at once.
        return new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = MaxRetries - 1,
                    // Polly asks after the last attempt too, and each yes spends from the budget.
                    ShouldHandle = attempt =>
                        ValueTask.FromResult(
                            attempt.AttemptNumber < MaxRetries - 1
                                && attempt.Outcome.Exception is BackendException error
                                && IsWorthAnother(error)
                        ),
                    DelayGenerator = _ => ValueTask.FromResult<TimeSpan?>(Jittered(Pause)),
                    OnRetry = retry =>
                    {
                        _onRetry((BackendException)retry.Outcome.Exception!);
                        return default;
                    },
                }
            )
            .Build();
    }

    private static TimeSpan Jittered(TimeSpan pause) => pause * (0.5 + Random.Shared.NextDouble());

    private bool IsRefused(BackendException error) => error.IsRefused && IsWorthTrying(error);

    private bool IsSafeToRetry(BackendException error, BackendRequest request) =>
        error.NotBegun ? IsWorthTrying(error) : error.DiedIdle && request.IsRetryable;

    private bool MaySpend(BackendException error) => (error.NotBegun && _hasOthers) || _budget.TrySpend();

    // On a new connection, a request cannot encounter one that died while idle.
    private bool IsWorthAnother(BackendException error) => error.NotBegun && IsWorthTrying(error) && MaySpend(error);

    private bool IsWorthTrying(BackendException error) => !error.IsFinal && (_hasOthers || error.Failure != ForwardFailure.CircuitOpen);
}
