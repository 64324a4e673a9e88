using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Router.Hosting;
using Router.Routing;
using Router.Serving;

namespace Router.Tests;

public sealed class HostMatchingTests
{
    private static readonly (string Pattern, string Backend)[] Patterns =
    [
        ("www.example.org", "exact"),
        ("*.deep.example.org", "long-suffix"),
        ("*.example.org", "suffix"),
        ("www.*", "first-label"),
        ("*", "catch-all"),
    ];

    public static TheoryData<string, string> WhoseHost =>
        new()
        {
            { "www.example.org", "exact" },
            { "api.example.org", "suffix" },
            { "www.preview.example.org", "suffix" },
            { "a.deep.example.org", "long-suffix" },
            { "www.deep.example.org", "long-suffix" },
            { "a.b.deep.example.org", "long-suffix" },
            { "deep.example.org", "suffix" },
            { "example.org", "catch-all" },
            { "notexample.org", "catch-all" },
            { "www.example.com", "first-label" },
            { "www.localhost", "first-label" },
            { "www", "catch-all" },
            { "www2.example.com", "catch-all" },
            { "awww.example.com", "catch-all" },
            { "a.www.example.com", "catch-all" },
            { "127.0.0.1", "catch-all" },
            { "[::1]", "catch-all" },
        };

    [Theory]
    [MemberData(nameof(WhoseHost))]
    public void The_most_specific_pattern_wins_in_any_order(string host, string backend)
    {
        foreach (
            var order in new[] { Patterns, [.. Patterns.Reverse()], [Patterns[2], Patterns[4], Patterns[0], Patterns[3], Patterns[1]] }
        )
        {
            var file = new SiteFile();
            foreach (var (pattern, name) in order)
                file.Frontend(name).Host(pattern, name);

            file.ToTable().Match(host, "/").Route!.Backend!.Name.Should().Be(backend, host);
        }
    }

    [Theory]
    [InlineData("www.example.org")]
    [InlineData("WWW.Example.ORG")]
    [InlineData("www.example.org.")]
    [InlineData("www.example.org:80")]
    [InlineData("www.example.org:65535")]
    [InlineData("www.example.org:")]
    [InlineData("WWW.EXAMPLE.ORG.:8080")]
    public void Case_port_and_a_trailing_dot_make_no_difference(string host)
    {
        var (exact, label, suffix) = (
            SiteFile.Of("www.example.org", "http://a").ToTable(),
            SiteFile.Of("www.*", "http://a").ToTable(),
            SiteFile.Of("*.example.org", "http://a").ToTable()
        );

        exact.Match(host, "/").Route.Should().NotBeNull();
        label.Match(host, "/").Route.Should().NotBeNull();
        suffix.Match(host, "/").Route.Should().NotBeNull();
    }

    [Theory]
    [InlineData("WWW.Example.ORG", "www.example.org")]
    [InlineData("www.example.org.", "www.example.org")]
    [InlineData("WwW.*", "www.other.example")]
    [InlineData("*.EXAMPLE.org", "a.example.org")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    public void Case_a_trailing_dot_and_other_alphabets_in_a_pattern_make_no_difference(string pattern, string host) =>
        SiteFile.Of(pattern, "http://a").ToTable().Match(host, "/").Route.Should().NotBeNull();

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".example.org")]
    [InlineData("www..example.org")]
    [InlineData("www.example.org..")]
    [InlineData("www.example.org:65536")]
    [InlineData("www.example.org:-1")]
    [InlineData("www.example.org:8o")]
    [InlineData("www.example.org:80:80")]
    [InlineData("www.example.org,api.example.org")]
    [InlineData("user@www.example.org")]
    [InlineData("www.example.org/")]
    [InlineData("www.ex%61mple.org")]
    [InlineData("a~b.example.org")]
    [InlineData("www example.org")]
    [InlineData("www.example.org\0")]
    [InlineData("[::1")]
    [InlineData("[]")]
    [InlineData("[::1]x")]
    public void An_invalid_host_is_not_well_formed_even_where_every_host_is_routed(string host)
    {
        var match = SiteFile.Of("*", "http://a").ToTable().Match(host, "/");

        match.Violation.Should().NotBeNull();
        match.Route.Should().BeNull();
    }

    [Fact]
    public void A_host_that_no_pattern_matches_has_no_route()
    {
        var match = SiteFile.Of("www.*", "http://a").ToTable().Match("api.example.org", "/");

        match.Route.Should().BeNull();
        match.Violation.Should().BeNull();
    }

    [Fact]
    public void A_host_may_have_several_patterns()
    {
        var table = new SiteFile().Frontend("www").Host("www.*, example.org", "www").ToTable();

        table.Match("www.example.org", "/").Route!.Backend!.Name.Should().Be("www");
        table.Match("example.org", "/").Route!.Backend!.Name.Should().Be("www");
        table.Match("a.example.org", "/").Route.Should().BeNull();
    }

    [Fact]
    public void A_lookup_among_a_hundred_thousand_hosts_costs_the_same_as_among_ten_and_does_not_allocate()
    {
        var (small, large) = (TableOf(10), TableOf(100_000));
        string[] hosts =
        [
            "host7.example.org",
            "host7.example.org:443",
            "x.suffix-seven.example",
            "label-seven.example",
            "unknown.example.org",
        ];
        LookUp(small, hosts, 2_000);
        LookUp(large, hosts, 2_000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        LookUp(large, hosts, 2_000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.Should().Be(0);
        var (few, many) = (Cheapest(small, hosts), Cheapest(large, hosts));
        // The cost of a lookup that goes through the hosts one by one would be ten thousand times as high.
        many.Should().BeLessThan((few * 50) + 20_000_000);
    }

    [Fact]
    public async Task A_file_of_a_hundred_thousand_hosts_is_read_in_seconds()
    {
        var hosts = string.Join(
            ',',
            Enumerable
                .Range(0, 100_000)
                .Select(i =>
                    $$"""
                        "h{{i}}": { "Match": "h{{i}}.example.org", "Backend": "www" }
                        """
                )
        );
        var file = Path.Combine(Directory.CreateTempSubdirectory("router-test-").FullName, "site.json");
        await File.WriteAllTextAsync(
            file,
            $$"""
            { "Router": { "Backends": { "www": { "Kind": "Frontend", "Address": "http://www.internal" } }, "Hosts": { {{hosts}} } } }
            """
        );

        // Read host by host with a search through the whole file for each, this takes minutes.
        await using var app = await Task.Run(() => RouterApplication.BuildAsync(RunningRouter.Options(file, null)))
            .WaitAsync(TimeSpan.FromMinutes(1));

        app.Services.GetRequiredService<CurrentSite>().Current.Table.Match("h99999.example.org", "/").Route!.Name.Should().Be("h99999");
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    // All patterns belong to one host: this is about the lookup, and not about reading large files.
    private static RouteTable TableOf(int hosts)
    {
        var patterns = Enumerable
            .Range(0, hosts)
            .Select(i =>
                (i % 3) switch
                {
                    0 => $"*.suffix{i}.example",
                    1 => $"host{i}.example.org",
                    _ => $"label{i}.*",
                }
            );
        return new SiteFile()
            .Frontend("www")
            .Host("*.suffix-seven.example", "www")
            .Host("label-seven.*", "www")
            .Set("Hosts:many:Match", string.Join(',', patterns))
            .Set("Hosts:many:Backend", "www")
            .ToTable();
    }

    private static void LookUp(RouteTable table, string[] hosts, int times)
    {
        for (var i = 0; i < times; i++)
        {
            foreach (var host in hosts)
                table.Match(host, "/some/page");
        }
    }

    private static long Cheapest(RouteTable table, string[] hosts) =>
        Enumerable
            .Range(0, 10)
            .Min(_ =>
            {
                var start = ProcessorTime();
                LookUp(table, hosts, 500);
                return ProcessorTime() - start;
            });

    // Of this thread, in nanoseconds: what runs beside it does not count.
    private static long ProcessorTime() =>
        long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
}
