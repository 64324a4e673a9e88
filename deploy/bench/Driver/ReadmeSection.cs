namespace Router.Bench;

/// <summary>The part of deploy/bench/README.md that a run writes.</summary>
internal static class ReadmeSection
{
    private const string Begin = "<!-- written by deploy/bench/run --readme -->\n";
    private const string End = "<!-- up to here -->\n";

    public static void Write(string path, string text)
    {
        var readme = File.ReadAllText(path);
        var begin = readme.IndexOf(Begin, StringComparison.Ordinal);
        var end = readme.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new BenchException($"{path} has not the two lines between which the result stands");
        File.WriteAllText(path, $"{readme[..(begin + Begin.Length)]}\n{text}\n{readme[end..]}");
    }
}
