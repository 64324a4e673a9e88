using System.Diagnostics;
using System.Globalization;
using Router.Modes.Stores;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>What open pages cost an instance.</summary>
[Collection(Alone.Name)]
public sealed class OperatorPageCostTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [SoakFact]
    public async Task An_idle_page_costs_an_instance_less_than_a_hundredth_of_a_core()
    {
        await using var site = await Site.StartAsync();
        (await site.OpenAsync(1)).Dispose();
        var without = await site.ShareOfACoreAsync();

        using var page = await site.OpenAsync(1);
        var with = await site.ShareOfACoreAsync();

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"without a page {without:P2} of a core, with one {with:P2}"));
        (with - without).Should().BeLessThan(0.01);
    }

    [SoakFact]
    public async Task A_hundred_pages_of_a_fleet_of_500_do_not_slow_down_forwarding()
    {
        await using var site = await Site.StartAsync();
        await site.MakeFleetAsync(500);
        await site.ForwardAsync();
        var without = await site.ForwardAsync();

        using var pages = await site.OpenAsync(100);
        await site.ForwardAsync();
        var with = await site.ForwardAsync();

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"without a page: {without.Median:F3} ms, at worst {without.Worst:F1} ms; with 100: {with.Median:F3} ms, at worst {with.Worst:F1} ms"
            )
        );
        with.Median.Should().BeLessThan((without.Median * 1.25) + 0.1);
    }

    private sealed class Site(RedisServer redis, RecordingBackend backend, RouterProcess router) : IAsyncDisposable
    {
        public static async Task<Site> StartAsync()
        {
            var redis = await RedisServer.StartAsync();
            var backend = new RecordingBackend();
            var file = OperatorClient.With(SiteFile.Of("www.*", backend.Address)).Set("ModeStore:Redis", redis.Url);
            return new Site(redis, backend, await RouterProcess.StartAsync(file.Set("AccessLog", "false")));
        }

        public async Task MakeFleetAsync(int count)
        {
            var file = SiteFile.Of("www.*", "http://backend.invalid").Set("ModeStore:Redis", redis.Url);
            for (var i = 0; i < count; i++)
            {
                var instance = new FleetInstance(
                    $"web-{i}",
                    file,
                    settings => new RedisModeStore(settings.ModeStore.Redis!, TimeProvider.System),
                    TimeProvider.System
                );
                await instance.ReportAsync(instance.Reporter.Make(null));
                await instance.Store.DisposeAsync();
            }
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
            await Task.Delay(TimeSpan.FromSeconds(5));
            var (before, began) = (router.ProcessorTime, Stopwatch.GetTimestamp());
            await Task.Delay(Long);
            return (router.ProcessorTime - before) / Stopwatch.GetElapsedTime(began);
        }

        /// <summary>How many milliseconds a request takes, one after the other.</summary>
        public async Task<(double Median, double Worst)> ForwardAsync()
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
            return (took[took.Count / 2], took[^1]);
        }

        public async ValueTask DisposeAsync()
        {
            await router.DisposeAsync();
            await backend.DisposeAsync();
            await redis.DisposeAsync();
        }
    }

    // Each reads its events, as a browser does.
    private sealed class Pages(HttpClient client) : IDisposable
    {
        public async Task OpenAsync()
        {
            var response = await client.GetAsync(new Uri("/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            _ = Task.Run(async () =>
            {
                try
                {
                    await response.Content.CopyToAsync(Stream.Null);
                }
                catch (Exception closed) when (closed is IOException or HttpRequestException or OperationCanceledException)
                {
                    // The test has closed the page.
                }
            });
        }

        public void Dispose() => client.Dispose();
    }
}
