using System.Text;
using Router.Http;

namespace Router.Tests;

public sealed class HeaderBlockTests
{
    [Theory]
    [InlineData("a", "A: a\r\nB: 1")]
    [InlineData("ab", "A: ab\r\nB: 1")]
    public void The_encoding_writes_the_lines_of_a_block(string first, string lines)
    {
        var value = HeaderBlock.Of([new("A", first), new("B", "1")]);

        Encoding.Latin1.GetString(Encoded(value)).Should().Be(lines["A: ".Length..]);
    }

    [Fact]
    public void A_block_may_contain_any_octet_that_a_value_may_contain()
    {
        var text = string.Concat(Enumerable.Range(' ', 0xFF - ' ' + 1).Where(octet => octet != 0x7F).Select(octet => (char)octet)) + "\t.";

        Encoded(HeaderBlock.Of([new("A", text), new("B", text)]))
            .Should()
            .Equal([.. Encoding.Latin1.GetBytes(text), .. "\r\nB: "u8, .. Encoding.Latin1.GetBytes(text)]);
    }

    [Theory]
    [InlineData("B", "1\r\nC: 2")]
    [InlineData("B", "1\n")]
    [InlineData("B", "\0")]
    [InlineData("B:", "1")]
    public void A_block_contains_no_line_that_is_not_named(string name, string value) =>
        new Action(() => HeaderBlock.Of([new("A", "1"), new(name, value)])).Should().Throw<ArgumentException>();

    [Theory]
    [InlineData("plain")]
    [InlineData("caf\u00E9")]
    [InlineData("\u00DC\u00DC")]
    [InlineData("")]
    public void Every_other_value_is_Latin_1(string value) => Encoded(value).Should().Equal(Encoding.Latin1.GetBytes(value));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    public void A_value_can_be_written_in_pieces_of_any_size(int size)
    {
        foreach (var value in new[] { "a plain value", HeaderBlock.Of([new("A", "1"), new("B", "22")]) })
        {
            var (encoder, octets) = (HeaderValueEncoding.Instance.GetEncoder(), new List<byte>());
            var rest = value.AsSpan();
            // As the server calls it.
            for (var completed = false; !completed; )
            {
                var piece = new byte[size];
                encoder.Convert(rest, piece, rest.Length == 0, out var used, out var written, out completed);
                octets.AddRange(piece.AsSpan(0, written));
                rest = rest[used..];
            }

            octets.Should().Equal(Encoded(value));
        }
    }

    private static byte[] Encoded(string value)
    {
        var octets = new byte[HeaderValueEncoding.Instance.GetByteCount(value)];
        HeaderValueEncoding.Instance.GetBytes(value, octets).Should().Be(octets.Length);
        return octets;
    }
}
