namespace Router.Tests.OriginalSite;

/// <summary>One line of <c>cases.md</c>: what is sent, what the client gets, what the backends receive.</summary>
internal sealed record Case(
    int Line,
    string Site,
    string Client,
    string Request,
    string Sends,
    string Says,
    string Status,
    string Gets,
    string Received,
    string With
)
{
    /// <summary>What a failure is named by, so that an operator finds the line.</summary>
    public string Name => $"{Site}, {Client}: {Request}{(Sends is "" ? "" : $", {Sends}")}";
}

/// <summary>
/// Reads <c>cases.md</c>. Its tables are distinguished by the name of their first column: <c>variable</c> is the environment,
/// <c>word</c> a name for several items, <c>site</c> a case. The text between the tables is for people.
/// </summary>
internal sealed class CaseFile
{
    private readonly Dictionary<string, string> _words = [];

    private CaseFile(string[] lines)
    {
        var kind = "";
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith('|'))
                kind = "";
            else if (kind is "")
                kind = Cells(lines[i++])[0];
            else
                Add(kind, i + 1, Cells(lines[i]));
        }
    }

    /// <summary>The file as it is in the source.</summary>
    public static CaseFile Own { get; } = new(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "OriginalSite", "cases.md")));

    /// <summary>The environment that the routers are started with, and its values on the site that everyone may see.</summary>
    public List<(string Variable, string Value, string ForEveryone)> Environment { get; } = [];

    public List<Case> Cases { get; } = [];

    /// <summary>The items of a cell, separated by <c>and</c>; a word stands for the items of its own.</summary>
    public IEnumerable<string> Items(string cell) =>
        cell.Split(" and ", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(item => _words.TryGetValue(item, out var meaning) ? Items(meaning) : [item]);

    private static string[] Cells(string line) => [.. line.TrimEnd()[1..^1].Split('|').Select(cell => cell.Trim())];

    private void Add(string kind, int line, string[] cells)
    {
        switch (kind, cells.Length)
        {
            case ("variable", 3):
                Environment.Add((cells[0], cells[1], cells[2]));
                break;
            case ("word", 2):
                _words.Add(cells[0], cells[1]);
                break;
            case ("site", 9):
                Cases.Add(new Case(line, cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7], cells[8]));
                break;
            default:
                throw new InvalidDataException($"cases.md, line {line}: {cells.Length} cells in a table of '{kind}'");
        }
    }
}
