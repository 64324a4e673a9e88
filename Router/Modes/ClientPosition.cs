using System.Net;
using System.Text;
using Router.Configuration;

namespace Router.Modes;

/// <summary>
/// Gives each client a fixed position from 0 to 1, evenly spread and the same on every instance: a share of the clients are those whose
/// position is below it, so a larger share contains every client of a smaller one.
/// </summary>
public static class ClientPosition
{
    /// <summary>What the positions of a window of downtime depend on, so that it is not always the same clients who are first.</summary>
    public static ulong SeedOf(string window)
    {
        // FNV-1a, 64 bits. The framework's own hash of a text differs from process to process.
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(window))
            hash = (hash ^ octet) * 1_099_511_628_211UL;
        return hash;
    }

    public static double Of(IPAddress client, ulong seed) =>
        // 53 bits: all that a double can hold exactly.
        (Mix(Mix(ClientNetwork.Of(client)) ^ seed) >> 11) * (1.0 / (1UL << 53));

    // The finalizer of SplitMix64: every bit of the input changes about half of the bits of the result.
    private static ulong Mix(ulong value)
    {
        value += 0x9E37_79B9_7F4A_7C15;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
