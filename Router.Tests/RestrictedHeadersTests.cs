using Router.Access;
using Router.Headers;
using Router.Http;

namespace Router.Tests;

/// <summary>One table says who may set which header.</summary>
public sealed class RestrictedHeadersTests
{
    private static readonly RequestRules Rules = new(SiteFile.Of("*", "http://backend.invalid").ToSettings(), samplingTrust: null);

    public static TheoryData<string> Names => [.. RestrictedHeaders.With((HeaderRestrictions)~0)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_restricted_is_no_trailer_in_any_spelling(string name)
    {
        foreach (var spelling in Spellings(name))
        {
            RestrictedHeaders.MayBeTrailer(spelling).Should().BeFalse(spelling);
            Rules.MayBeTrailer(spelling).Should().BeFalse(spelling);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_a_client_may_not_send_is_stopped_in_any_spelling(string name)
    {
        var restrictions = RestrictedHeaders.Of(name);
        foreach (var spelling in Spellings(name))
        {
            var traits = Rules.Of(spelling);
            if ((restrictions & (HeaderRestrictions.NeverFromClients | HeaderRestrictions.SetByRouter)) != 0)
                traits.Should().HaveFlag(RequestHeaderTraits.Stopped, spelling);
            if ((restrictions & HeaderRestrictions.FromTrustedProxies) != 0)
                traits.Should().HaveFlag(RequestHeaderTraits.FromTrustedProxies, spelling);
        }

        if ((restrictions & HeaderRestrictions.HopByHop) != 0)
            Rules.Of(name).Should().HaveFlag(RequestHeaderTraits.OfTheConnection);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Only_what_belongs_to_the_framing_cannot_be_added_by_the_configuration(string name)
    {
        foreach (var spelling in Spellings(name))
            RestrictedHeaders.MayBeAdded(spelling).Should().Be((RestrictedHeaders.Of(name) & HeaderRestrictions.Framing) == 0, spelling);
    }

    [Theory]
    [InlineData("traceparent")]
    [InlineData("X-B3-TraceId")]
    [InlineData("X-Forwarded-Port")]
    [InlineData(BypassToken.Header)]
    public void A_client_sends_none_of_these_as_a_trailer(string name) => Rules.MayBeTrailer(name).Should().BeFalse();

    [Fact]
    public void Other_trailers_may_be_sent() => Rules.MayBeTrailer("X-Checksum").Should().BeTrue();

    private static string[] Spellings(string name) => [name, name.ToLowerInvariant(), name.Replace('-', '_')];
}
