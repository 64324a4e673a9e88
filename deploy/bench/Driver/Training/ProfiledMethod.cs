using System.Globalization;

namespace Router.Bench.Training;

/// <summary>A method with what was counted in it.</summary>
/// <param name="Name">Type and method as the runtime names them: the type's generic arguments in brackets, the method's left out.</param>
/// <param name="Signature">The signature in the runtime's words.</param>
/// <param name="Size">The length of its intermediate code, in bytes.</param>
/// <param name="Probes">What was counted.</param>
internal sealed record ProfiledMethod(string Name, string Signature, int Size, IReadOnlyList<Probe> Probes)
{
    /// <summary>How often its most travelled place was passed.</summary>
    public long Max => Probes.Where(probe => probe.IsNumber).SelectMany(probe => probe.Numbers).DefaultIfEmpty().Max();
}

/// <summary>
/// What was counted at one place of a method; the numbers are those of the compiler's own format (<c>corjit.h</c>,
/// <c>PgoInstrumentationSchema</c>).
/// </summary>
/// <param name="Kind">What is counted, and in its lowest bits as what.</param>
/// <param name="Offset">Where, in bytes of intermediate code.</param>
/// <param name="Other">What else belongs to the kind, such as where an edge leads.</param>
/// <param name="Data">The counters or the types, as they are written.</param>
internal sealed record Probe(int Kind, int Offset, int Other, IReadOnlyList<string> Data)
{
    private const int Marshalling = 0xf;

    /// <summary>Whether there are data of such a kind at all.</summary>
    public static bool HasData(int kind) => (kind & Marshalling) != 0;

    /// <summary>Whether the data are counters.</summary>
    public bool IsNumber => (Kind & Marshalling) is 1 or 2;

    /// <summary>Whether they are types.</summary>
    public bool IsType => (Kind & Marshalling) == 3;

    /// <summary>Whether they are methods, which delegates led to.</summary>
    public bool IsMethod => (Kind & Marshalling) == 4;

    /// <summary>Whether it counts how often the types or methods were seen that the next probe has.</summary>
    public bool CountsTheNext => (Kind & ~(0x30 | Marshalling)) == 0x80;

    /// <summary>The counters. One of four bytes has no place for more in the compiler's reader than a signed number.</summary>
    public IEnumerable<long> Numbers =>
        Data.Select(text =>
            text.Split(' ') is [var low, var high]
                ? (long)(ulong.Parse(high, CultureInfo.InvariantCulture) << 32) + NumberOf(low)
                : Math.Min(NumberOf(text), int.MaxValue)
        );

    private static long NumberOf(string text) => uint.Parse(text, CultureInfo.InvariantCulture);
}
