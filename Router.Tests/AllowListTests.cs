using System.Net;
using Router.Access;
using Router.Configuration;

namespace Router.Tests;

public sealed class AllowListTests
{
    public static TheoryData<string, string, bool> WhoIsIn =>
        new()
        {
            { "203.0.113.7", "203.0.113.7", true },
            { "203.0.113.7", "203.0.113.8", false },
            { "203.0.113.7", "::ffff:203.0.113.7", true },
            { "::ffff:203.0.113.7", "203.0.113.7", true },
            { "::ffff:203.0.113.0/120", "203.0.113.200", true },
            { "198.51.100.0/24", "198.51.100.0", true },
            { "198.51.100.0/24", "198.51.100.255", true },
            { "198.51.100.0/24", "198.51.101.0", false },
            { "198.51.100.0/24", "198.51.99.255", false },
            { "198.51.100.77/24", "198.51.100.1", true },
            { "10.0.0.0/8,10.1.0.0/16,192.0.2.1", "10.200.0.1", true },
            { "10.0.0.0/8,10.1.0.0/16,192.0.2.1", "192.0.2.1", true },
            { "10.0.0.0/8,10.1.0.0/16,192.0.2.1", "192.0.2.2", false },
            { "0.0.0.0/0", "255.255.255.255", true },
            { "0.0.0.0/0", "::1", false },
            { "::/0", "2001:db8::1", true },
            { "2001:db8::/32", "2001:db8:ffff::1", true },
            { "2001:db8::/32", "2001:db9::1", false },
            { "2001:db8::1", "2001:db8::1", true },
        };

    [Theory]
    [MemberData(nameof(WhoIsIn))]
    public void A_list_holds_the_addresses_of_its_ranges_and_no_other(string ranges, string address, bool isIn)
    {
        var list = new AllowList(
            "staff",
            [.. ranges.Split(',').Select(text => AddressRange.TryParse(text, out var range) ? range : throw new FormatException(text))]
        );

        list.Contains(IPAddress.Parse(address)).Should().Be(isIn);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.1")]
    [InlineData("010.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.256")]
    [InlineData("2001:db8::/129")]
    [InlineData("fe80::1%2")]
    [InlineData("everyone")]
    [InlineData("10.0.0.1 10.0.0.2")]
    public void An_implausible_spelling_of_an_address_is_rejected(string text) => AddressRange.TryParse(text, out _).Should().BeFalse();

    [Theory]
    [InlineData("127.0.0.1", 200)]
    [InlineData("203.0.113.0/24, 127.0.0.0/8", 200)]
    [InlineData("203.0.113.0/24", 403)]
    public async Task A_client_that_the_list_does_not_hold_gets_403_and_reaches_no_backend(string ranges, int status)
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(
            new SiteFile().Frontend("www", backend.Address).AllowList("staff", ranges).Host("www.*", "www", allowList: "staff")
        );

        var reply = await router.GetAsync("http://www.example.org/", ("X-Forwarded-For", "127.0.0.1"));

        reply.Status.Should().Be(status);
        backend.Requests.Count.Should().Be(status == 200 ? 1 : 0);
    }

    [Fact]
    public async Task A_refused_path_is_closed_to_everyone_in_every_mode()
    {
        foreach (var mode in new[] { "live", "recovery", "maintenance" })
        {
            await using var backend = WireMockBackend.RespondingText("hello");
            await using var router = await RunningRouter.StartAsync(
                SiteFile.Of("www.*", backend).Mode(mode).Path("www.*", "**/_metrics", refuse: true)
            );

            (await router.GetAsync("http://www.example.org/a/_metrics")).Status.Should().Be(403);
            backend.Requests.Should().BeEmpty();
        }
    }
}
