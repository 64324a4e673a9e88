using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Router.Metrics;

namespace Router.Tests;

public sealed class SeriesLimitsTests
{
    private const int Hosts = 700;

    // Labels whose values are closed lists in the code. Router has one version, and one set of names of its background work.
    private static readonly string[] Closed =
    [
        "mode",
        "state",
        "verdict",
        "reason",
        "exemption",
        "outcome",
        "result",
        "work",
        "version",
        "revision",
    ];

    [Fact]
    public async Task Every_route_of_a_large_site_has_its_own_counters()
    {
        var site = new SiteFile().Frontend("www");
        for (var i = 0; i < Hosts; i++)
            site.Host($"h{i}.example.org", "www");
        await using var router = await RunningRouter.StartAsync(site);
        var traffic = router.App.Services.GetRequiredService<Traffic>();
        for (var i = 0; i < Hosts; i++)
        {
            foreach (var method in new[] { "GET", "PUT", "POST" })
                traffic.For($"h{i}.example.org", "www").Count(method, 200);
        }

        var text = (await router.SendRawAsync("GET /_metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")).Body;

        text.Split('\n')
            .Count(line => line.StartsWith("router_requests_total{", StringComparison.Ordinal) && line.Contains(".example.org"))
            .Should()
            .Be(3 * Hosts, "2,000 is the SDK's own limit");
        text.Should().NotContain("otel_metric_overflow");
    }

    [Fact]
    public async Task Instruments_with_labels_from_the_configuration_are_not_limited_to_a_hundred_series()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        var labels = new ConcurrentDictionary<(string Instrument, string Label), bool>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == RouterMetrics.MeterName)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => See(instrument, tags));
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => See(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => See(instrument, tags));
        listener.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Host("closed.*", null, refuse: true));
        var limits = new SeriesLimits(routes: 1, addresses: 1, router.App.Services.GetRequiredService<IMeterFactory>());

        await router.GetAsync("http://www.example.org/");
        await router.GetAsync("http://closed.example.org/");
        await router.AccessLog.NextAsync();
        await router.AccessLog.NextAsync();
        listener.RecordObservableInstruments();

        labels.Keys.Should().Contain(("router.requests", "route")).And.Contain(("router.backend.in_flight", "backend"));
        labels.Keys.Should().OnlyContain(pair => limits.Of(pair.Instrument) <= 1_000, "on a small site no array is a large object");
        labels.Keys.Where(pair => limits.Of(pair.Instrument) == SeriesLimits.Closed && !Closed.Contains(pair.Label)).Should().BeEmpty();

        void See(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
                labels[(instrument.Name, tag.Key)] = true;
        }
    }
}
