using Microsoft.Extensions.DependencyInjection;
using Router.Holding;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Switching;

namespace Router.Tests.Harness;

/// <summary>Changes the mode of a running router as a store or an operator would, and shows what it has in flight.</summary>
internal static class ModeSwitch
{
    public static ModeController Modes(this RunningRouter router) => router.App.Services.GetRequiredService<ModeController>();

    /// <summary>Puts a mode in force at once.</summary>
    public static void Switch(this RunningRouter router, Mode mode, TimeSpan? cutAfter = null) =>
        Switch(router.App.Services, mode, cutAfter);

    /// <summary>Puts a mode in force at once.</summary>
    public static void Switch(IServiceProvider services, Mode mode, TimeSpan? cutAfter = null)
    {
        var (modes, now) = (services.GetRequiredService<ModeController>(), services.GetRequiredService<TimeProvider>().GetUtcNow());
        var version = modes.State.Record.Version.Next;
        modes
            .Offer(
                new ModeRecord
                {
                    Version = version,
                    Written = now,
                    Steps =
                    [
                        new ModeStep
                        {
                            Mode = mode,
                            At = now,
                            Made = version,
                            CutAfter = cutAfter,
                        },
                    ],
                }
            )
            .Should()
            .BeTrue();
    }

    /// <summary>Sets a mode as an operator does, through the store.</summary>
    public static Task SetAsync(this RunningRouter router, Mode mode) => router.SetAsync(new ModeChange { Mode = mode });

    /// <summary>Makes a change as an operator does, through the store.</summary>
    public static async Task SetAsync(this RunningRouter router, ModeChange change)
    {
        var request = new ChangeRequest(
            HistoryKind.Set,
            (state, now, delay, errors) => ModeChanges.Apply(state.Record, state.Index, change, now, delay, errors)
        );
        var result = await router.App.Services.GetRequiredService<ModeChanger>().ChangeAsync(request, default).InTime();
        result.Outcome.Should().Be(ChangeOutcome.Done, string.Join("; ", result.Errors));
    }

    /// <summary>What is in flight to backends that the mode closes.</summary>
    public static IReadOnlyList<InFlightRequest> Blocking(this RunningRouter router) =>
        [
            .. router
                .App.Services.GetRequiredService<InFlightRequests>()
                .BlockingFor(router.Modes().State)
                .Select(record => record.Describe()),
        ];

    /// <summary>What brings them to their end.</summary>
    public static Drain Drain(this RunningRouter router) => router.App.Services.GetRequiredService<Drain>();

    /// <summary>The writes whose outcome is unknown.</summary>
    public static IReadOnlyList<UncertainWrite> Uncertain(this RunningRouter router) =>
        router.App.Services.GetRequiredService<UncertainWrites>().Since(DateTimeOffset.MinValue);

    /// <summary>The requests that wait for the mode to open.</summary>
    public static HeldRequests Held(this RunningRouter router) => router.App.Services.GetRequiredService<HeldRequests>();
}
