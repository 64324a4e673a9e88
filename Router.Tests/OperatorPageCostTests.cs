using System.Diagnostics;
using System.Globalization;
using Router.Modes.Stores;
using Router.Switching;
using Router.Upstreams;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>What open pages cost an instance.</summary>
[Collection(Alone.Name)]
public sealed class OperatorPageCostTests(ITestOutputHelper output)
{
    private const int Rounds = 3;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    // Measured in turns, because the machine does other work too.
    [SoakFact]
    public async Task An_idle_page_costs_an_instance_less_than_a_hundredth_of_a_core()
    {
        await using var site = await Site.StartAsync();
        await MeasureAsync(open: true);
        await MeasureAsync(open: false);
        var (without, with) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            without.Add(await MeasureAsync(open: false));
            with.Add(await MeasureAsync(open: true));
        }

        var cost = Median(with) - Median(without);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"without a page {Median(without):P2} of a core, with one {Median(with):P2}: it costs {cost:P2}"
            )
        );
        cost.Should().BeLessThan(0.01);

        async Task<double> MeasureAsync(bool open)
        {
            using var page = await site.OpenAsync(open ? 1 : 0);
            return await site.ShareOfACoreAsync();
        }
    }

    [SoakFact]
    public async Task A_hundred_pages_of_a_fleet_of_500_do_not_slow_down_forwarding()
    {
        await using var site = await Site.StartAsync();
        await using var fleet = await site.MakeFleetAsync(500);
        await MeasureAsync(0);
        var (without, with) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            without.Add(await MeasureAsync(0));
            with.Add(await MeasureAsync(100));
        }

        using var operators = new OperatorClient(site.ManagementUrl);
        var (_, seen) = await operators.SendAsync("GET", "/fleet");
        seen["instances"]!.AsArray().Count(it => it!["state"]!.ToString() == "live").Should().BeGreaterThan(450, "the fleet is alive");
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"a request takes {Median(without):F3} ms without a page, {Median(with):F3} ms with 100"
            )
        );
        Median(with).Should().BeLessThan((Median(without) * 1.25) + 0.1);

        async Task<double> MeasureAsync(int pages)
        {
            using var open = await site.OpenAsync(pages);
            return await site.ForwardAsync();
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private sealed class Site(RedisServer redis, WireMockBackend backend, RouterProcess router) : IAsyncDisposable
    {
        public string ManagementUrl => router.ManagementUrl;

        public static async Task<Site> StartAsync()
        {
            var redis = await RedisServer.StartAsync();
            var backend = WireMockBackend.RespondingText("ok");
            var file = OperatorClient.With(SiteFile.Of("www.*", backend.Address)).Set("ModeStore:Redis", redis.Url);
            return new Site(redis, backend, await RouterProcess.StartAsync(file.Set("AccessLog", "false")));
        }

        public async Task<SimulatedFleet> MakeFleetAsync(int count)
        {
            var fleet = new SimulatedFleet(redis.Url, count);
            await fleet.BeatAsync();
            return fleet;
        }

        public async Task<Pages> OpenAsync(int count)
        {
            var pages = new Pages(new HttpClient { BaseAddress = new Uri(router.ManagementUrl) });
            for (var i = 0; i < count; i++)
                await pages.OpenAsync();
            return pages;
        }

        public async Task<double> ShareOfACoreAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(2));
            var (before, began) = (router.ProcessorTime, Stopwatch.GetTimestamp());
            await Task.Delay(Long);
            return (router.ProcessorTime - before) / Stopwatch.GetElapsedTime(began);
        }

        /// <summary>How many milliseconds a request takes in the median, one after the other.</summary>
        public async Task<double> ForwardAsync()
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://{router.Endpoint}") };
            client.DefaultRequestHeaders.Host = "www.example.org";
            var (took, began) = (new List<double>(), Stopwatch.GetTimestamp());
            while (Stopwatch.GetElapsedTime(began) < Long)
            {
                var sent = Stopwatch.GetTimestamp();
                (await client.GetAsync("/")).Dispose();
                took.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            took.Sort();
            return took[took.Count / 2];
        }

        public async ValueTask DisposeAsync()
        {
            await router.DisposeAsync();
            await backend.DisposeAsync();
            await redis.DisposeAsync();
        }
    }

    // Other instances of the fleet, which report every second, each time with other counts: every event has all of them.
    private sealed class SimulatedFleet : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly RedisModeStore _store;
        private readonly FleetInstance[] _instances;
        private Task _beating = Task.CompletedTask;
        private long _beats;

        public SimulatedFleet(string redis, int count)
        {
            var file = SiteFile.Of("www.*", "http://backend.invalid").Set("ModeStore:Redis", redis);
            _store = new RedisModeStore(file.ToSettings().ModeStore.Redis!, TimeProvider.System);
            _instances = [.. Enumerable.Range(0, count).Select(i => new FleetInstance($"web-{i}", file, _ => _store, TimeProvider.System))];
        }

        public async Task BeatAsync()
        {
            await BeatOnceAsync();
            _beating = Task.Run(async () =>
            {
                while (!_stop.IsCancellationRequested)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1));
                    await BeatOnceAsync();
                }
            });
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _beating;
            await _store.DisposeAsync();
            _stop.Dispose();
        }

        private async Task BeatOnceAsync()
        {
            _beats++;
            foreach (var instance in _instances)
            {
                var report = instance.Reporter.Make(null) with
                {
                    Backends = [new BackendTraffic("www", _beats * 10, 0, _beats, (int)(_beats % 7), CircuitState.Closed)],
                };
                await instance.ReportAsync(report);
            }
        }
    }

    // Each reads its events, as a browser does.
    private sealed class Pages(HttpClient client) : IDisposable
    {
        private readonly List<HttpResponseMessage> _open = [];

        public async Task OpenAsync()
        {
            var response = await client.GetAsync(new Uri("/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            _open.Add(response);
            _ = Task.Run(async () =>
            {
                try
                {
                    await response.Content.CopyToAsync(Stream.Null);
                }
                catch (Exception closed)
                    when (closed is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
                {
                    // The test has closed the page.
                }
            });
        }

        // The client alone would leave the responses that are being read open.
        public void Dispose()
        {
            _open.ForEach(response => response.Dispose());
            client.Dispose();
        }
    }
}
