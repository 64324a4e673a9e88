using System.Globalization;

namespace Router.Bench.Training;

/// <summary>Reads what the runtime writes when it ends, where <c>DOTNET_WritePGOData</c> is set.</summary>
internal static class ProfileText
{
    private const string Begin = "@@@ ";
    private const string Name = "MethodName: ";
    private const string Signature = "Signature: ";
    private const string Schema = "Schema ";

    public static IEnumerable<ProfiledMethod> Read(string file)
    {
        using var lines = File.ReadLines(file).GetEnumerator();
        var (name, size) = ("", 0);
        ProfiledMethod? method = null;
        var probes = new List<Probe>();
        while (lines.MoveNext())
        {
            var line = lines.Current;
            if (line.StartsWith(Begin, StringComparison.Ordinal))
            {
                if (method is not null)
                    yield return method;
                // codehash X methodhash X ilSize X records X
                size = Convert.ToInt32(line.Split(' ')[6], 16);
                method = null;
            }
            else if (line.StartsWith(Name, StringComparison.Ordinal))
            {
                name = line[Name.Length..];
            }
            else if (line.StartsWith(Signature, StringComparison.Ordinal))
            {
                probes = [];
                method = new ProfiledMethod(name, line[Signature.Length..], size, probes);
            }
            else if (line.StartsWith(Schema, StringComparison.Ordinal))
            {
                probes.Add(Read(line.Split(' '), lines));
            }
        }

        if (method is not null)
            yield return method;
    }

    // Schema InstrumentationKind N ILOffset N Count N Other N, and as many lines as there are data.
    private static Probe Read(string[] words, IEnumerator<string> lines)
    {
        var (kind, offset, count) = (Number(2), Number(4), Number(6));
        var data = new string[Probe.HasData(kind) ? count : 0];
        for (var i = 0; i < data.Length && lines.MoveNext(); i++)
            data[i] = lines.Current;
        return new Probe(kind, offset, Number(8), data);

        int Number(int index) => unchecked((int)uint.Parse(words[index], CultureInfo.InvariantCulture));
    }
}
