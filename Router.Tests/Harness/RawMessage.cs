using System.Globalization;
using System.Text;

namespace Router.Tests.Harness;

/// <summary>A request or response as its bytes say it: the first line, the headers in their order, the body without its framing.</summary>
internal sealed record RawMessage(string Head)
{
    /// <summary>The body.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>The body as text.</summary>
    public string Body => Encoding.Latin1.GetString(Content);

    public string FirstLine => Head[..Head.IndexOf("\r\n", StringComparison.Ordinal)];

    public string Method => FirstLine.Split(' ')[0];

    public string Target => FirstLine.Split(' ')[1];

    public int Status => int.Parse(FirstLine.Split(' ')[1], CultureInfo.InvariantCulture);

    public IReadOnlyList<(string Name, string Value)> Headers =>
        field ??= [
            .. Head.Split("\r\n")
                .Skip(1)
                .Where(line => line is not "")
                .Select(line => (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim())),
        ];

    public IReadOnlyList<string> Values(string name) =>
        [.. Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    public string? Value(string name) => Values(name) is [_, ..] values ? string.Join(" | ", values) : null;
}
