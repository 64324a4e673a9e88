using System.Text;
using Router.Http;

namespace Router.Tests;

public sealed class AsciiWriterTests
{
    private const string Printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

    [Fact]
    public void A_text_of_any_length_is_written_as_it_is_and_nothing_else()
    {
        for (var length = 0; length <= Printable.Length; length++)
        {
            for (var room = length; room < length + 3; room++)
            {
                var octets = Enumerable.Repeat((byte)1, room).ToArray();

                AsciiWriter.TryWrite(Printable.AsSpan(0, length), octets).Should().BeTrue();

                octets.Should().Equal([.. Encoding.ASCII.GetBytes(Printable[..length]), .. Enumerable.Repeat((byte)1, room - length)]);
            }
        }
    }

    [Theory]
    [InlineData('\0')]
    [InlineData('\t')]
    [InlineData('\n')]
    [InlineData('\r')]
    [InlineData('\u001f')]
    [InlineData('\u007f')]
    [InlineData('\u0080')]
    [InlineData('\u00e9')]
    [InlineData('\u0141')]
    [InlineData('\u2020')]
    [InlineData('\u8041')]
    [InlineData('\uff21')]
    public void Another_character_is_found_wherever_it_is(char other)
    {
        for (var length = 1; length < 40; length++)
        {
            for (var at = 0; at < length; at++)
            {
                var text = new string('a', at) + other + new string('a', length - at - 1);

                AsciiWriter.TryWrite(text, new byte[length]).Should().BeFalse($"it is the {at}th of {length}");
            }
        }
    }

    [Fact]
    public void Less_room_than_the_text_has_is_an_error()
    {
        var write = () => AsciiWriter.TryWrite("twelve chars", new byte[11]);

        write.Should().Throw<ArgumentOutOfRangeException>();
    }
}
