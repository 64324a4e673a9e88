using Microsoft.Extensions.DependencyInjection;
using Router.Proxy.InFlight;

namespace Router.Tests.Harness;

/// <summary>
/// The time after its request in which a client that closes its side may still be waiting for the response, as Router sees it: Router may
/// note the end of a request, and of a client's input, later than the backend has the request.
/// </summary>
internal static class ClientGrace
{
    /// <summary>The deadline of the only request in flight; null if there is none.</summary>
    public static RequestDeadline? DeadlineIn(IServiceProvider router) =>
        router.GetRequiredService<InFlightRequests>().All().SingleOrDefault()?.Deadline;

    /// <summary>Lets it pass for a request that has been sent completely.</summary>
    public static async Task PassAsync(RequestDeadline? request, ManualClock clock)
    {
        clock.Advance(HalfClose.Grace + TimeSpan.FromMilliseconds(1));
        await Eventually.Async(() =>
        {
            clock.Advance(HalfClose.Grace / 10);
            return request is not { MayBeHalfClosed: true };
        });
    }

    /// <summary>Waits until Router has seen that the client sends nothing more.</summary>
    public static Task FinishedAsync(RequestDeadline? request) => Eventually.Async(() => request is { HasClientFinished: true });
}
