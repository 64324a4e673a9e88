using System.Globalization;

namespace Router.Tests.OriginalSite;

/// <summary>Compares a message with the items of a cell.</summary>
internal static class ItemAssertions
{
    /// <summary>Something that is there, whatever it is.</summary>
    private const string Anything = "…";

    /// <summary>Asserts one item after the other.</summary>
    /// <param name="message">What came.</param>
    /// <param name="items">
    /// <c>Name: value</c> (several headers of a name with <c>&amp;</c> between them, <c>…</c> for any rest), <c>no Name</c>,
    /// <c>"words in the body"</c>, <c>no "words"</c>, <c>12 bytes</c>.
    /// </param>
    /// <param name="who">Whose message it is, for the failure.</param>
    public static void ShouldHave(this RawMessage message, IEnumerable<string> items, string who)
    {
        foreach (var item in items)
            ShouldHave(message, item, who);
    }

    private static void ShouldHave(RawMessage message, string item, string who)
    {
        if (item.StartsWith("no \"", StringComparison.Ordinal))
            message.Body.Should().NotContain(item[4..^1], "{0}", who);
        else if (item.StartsWith("no ", StringComparison.Ordinal))
            message.Value(item[3..]).Should().BeNull("{0} has {1}", who, item);
        else if (item.StartsWith('"'))
            message.Body.Should().Contain(item[1..^1], "{0}", who);
        else if (item.EndsWith(" bytes", StringComparison.Ordinal))
            message.Content.Length.Should().Be(int.Parse(item[..^6], CultureInfo.InvariantCulture), "{0}", who);
        else
            ShouldHaveHeader(message, item.Split(": ", 2), who);
    }

    private static void ShouldHaveHeader(RawMessage message, string[] header, string who)
    {
        header.Should().HaveCount(2, "'{0}' should be an item", string.Join("", header));
        var (name, expected) = (header[0], header[1]);
        var value = string.Join(" & ", message.Values(name));
        if (expected.EndsWith(Anything, StringComparison.Ordinal))
            value.Should().StartWith(expected[..^1], "{0} has {1}", who, name).And.NotBeEmpty("{0} has {1}", who, name);
        else
            value.Should().Be(expected, "{0} has {1}", who, name);
    }
}
