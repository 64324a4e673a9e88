using Router.Cli;
using Router.Configuration;

namespace Router.Tests;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("plain ~ text\nof two lines", "plain ~ text\nof two lines")]
    [InlineData("größer, 東京, עברית, 🚧", "größer, 東京, עברית, 🚧")]
    [InlineData("\r\t\u0007\u007f\u009b", "\\u000d\\u0009\\u0007\\u007f\\u009b")]
    [InlineData("\u061c\u200e\u202a\u202e\u2066\u2069\ufeff\u00ad", "\\u061c\\u200e\\u202a\\u202e\\u2066\\u2069\\ufeff\\u00ad")]
    [InlineData("\u034f\u115f\u2800\u3164\ufe0f\uffa0", "\\u034f\\u115f\\u2800\\u3164\\ufe0f\\uffa0")]
    [InlineData("\u2028\u2029\ue000", "\\u2028\\u2029\\ue000")]
    [InlineData("\U000e0041\U000e0100", "\\udb40\\udc41\\udb40\\udd00")]
    public void Whatever_is_not_seen_is_escaped(string text, string visible) => VisibleText.Of(text).Should().Be(visible);

    [Fact]
    public void Half_a_character_is_escaped()
    {
        VisibleText.Of("a\ud83db").Should().Be("a\\ud83db");
        VisibleText.Of("\udea7").Should().Be("\\udea7");
    }

    [Theory]
    // Joiners within words and emoji, and marks of direction.
    [InlineData("می\u200cخواهم 👩\u200d🔧 ⚠\ufe0f \u200fעברית\u200e", null)]
    [InlineData("abc\u202edef", "U+202E")]
    [InlineData("zero\u200bwidth", "U+200B")]
    [InlineData("tag\U000e0041", "U+E0041")]
    public void What_a_script_needs_is_no_hidden_character(string text, string? hidden) =>
        VisibleText.FirstHidden(text).Should().Be(hidden);

    [Fact]
    public void Only_the_tools_own_erasing_of_a_line_passes()
    {
        using var written = new StringWriter();

        OperatorConsole.Visible(written).Write($"{OperatorConsole.EraseLine}in flight: GET /\u001b[2J{OperatorConsole.EraseLine}\n");

        written.ToString().Should().Be("\r\u001b[Kin flight: GET /\\u001b[2J\\u000d\\u001b[K\n");
    }
}
