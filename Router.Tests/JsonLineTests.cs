using System.Text;
using System.Text.Json;
using Router.Telemetry;

namespace Router.Tests;

public sealed class JsonLineTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain ~ <&> text")]
    [InlineData("a\"b\\c")]
    [InlineData("line\r\nbreak\0\u001b\u007f")]
    [InlineData("größer € \U0001F600")]
    public void Text_can_be_read_again_and_stays_on_its_line(string text)
    {
        var line = new JsonLine();
        line.Reset();
        line.Add("first"u8, text);
        line.Add("second"u8, Encoding.UTF8.GetBytes(text));
        line.End();

        using var json = JsonDocument.Parse(Only(line));
        json.RootElement.GetProperty("first").GetString().Should().Be(text);
        json.RootElement.GetProperty("second").GetString().Should().Be(text);
    }

    [Fact]
    public void What_a_terminal_would_not_show_is_an_escape()
    {
        var line = new JsonLine();
        line.Reset();
        line.Add("text"u8, "größer\u202e\u200b\U000e0041");
        line.End();

        Only(line).Should().Be("{\"text\":\"größer\\u202e\\u200b\\uDB40\\uDC41\"}\n");
    }

    [Fact]
    public void Half_a_character_has_a_replacement()
    {
        var line = new JsonLine();
        line.Reset();
        line.Add("text"u8, ['a', '\ud800', 'b']);
        line.End();

        Only(line).Should().Be("{\"text\":\"a\ufffdb\"}\n");
    }

    [Fact]
    public void A_long_line_is_complete_and_the_next_one_has_nothing_of_it()
    {
        var line = new JsonLine();
        line.Reset();
        for (var i = 0; i < 3; i++)
            line.Add(Encoding.ASCII.GetBytes($"a{i}"), new string('x', 10_000 + i));
        line.End();
        using (var json = JsonDocument.Parse(Only(line)))
            json.RootElement.GetProperty("a2").GetString().Should().HaveLength(10_002);

        line.Reset();
        line.Add("a"u8, 1);
        line.End();

        Only(line).Should().Be("{\"a\":1}\n");
    }

    [Theory]
    [InlineData(0, "0.000")]
    [InlineData(7, "0.007")]
    [InlineData(61_020, "61.020")]
    [InlineData(1_700_000_000_123, "1700000000.123")]
    public void Seconds_have_three_digits_after_the_point(long milliseconds, string seconds)
    {
        var line = new JsonLine();
        line.Reset();
        line.AddSeconds("number"u8, milliseconds);
        line.AddSecondsText("text"u8, milliseconds);
        line.AddSecondsText("unknown"u8, null);
        line.End();

        Only(line).Should().Be($"{{\"number\":{seconds},\"text\":\"{seconds}\",\"unknown\":\"\"}}\n");
    }

    private static string Only(JsonLine line)
    {
        var text = Encoding.UTF8.GetString(line.Bytes);
        text.IndexOf('\n', StringComparison.Ordinal).Should().Be(text.Length - 1);
        return text;
    }
}
