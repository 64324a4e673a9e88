using System.Globalization;
using System.Text;

namespace Router.Tests.OriginalSite;

/// <summary>A case's request in the bytes that go out.</summary>
internal sealed record CaseRequest
{
    private const int MaxPiece = 1 << 20;

    private static readonly byte[] Piece = CreatePiece();

    private CaseRequest(string request, IReadOnlyList<(string Name, string Value)> headers, IEnumerable<ReadOnlyMemory<byte>> body)
    {
        var parts = request.Split(' ');
        var slash = parts[1].IndexOf('/', StringComparison.Ordinal);
        Method = parts[0];
        Host = slash < 0 ? parts[1] : parts[1][..slash];
        var target = parts.Length > 2 ? parts[2] : parts[1][slash..];
        var head = new StringBuilder($"{Method} {target} HTTP/1.{(Host is "" ? 0 : 1)}\r\n");
        if (Host is not "")
            head.Append(CultureInfo.InvariantCulture, $"Host: {Host}\r\n");
        foreach (var (name, value) in headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        Head = head.Append("\r\n").ToString();
        Body = body;
        ForwardedFor = string.Join(
            ", ",
            headers.Where(header => header.Name is "X-Forwarded-For").Select(header => header.Value).Append("127.0.0.1")
        );
    }

    public string Method { get; }

    public string Host { get; }

    public string Head { get; }

    /// <summary>Its pieces, one after the other: one of 40 MiB is a piece of 1 MiB, forty times.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Body { get; }

    /// <summary>How often it is sent, one after the other.</summary>
    public int Times { get; private init; } = 1;

    /// <summary>What a backend must get: what came, and the peer that it came from.</summary>
    public string ForwardedFor { get; }

    /// <summary>
    /// Makes a request. Beside headers a case may send <c>body: text</c>, <c>body: 12 bytes</c>, and with <c>chunked body:</c> the
    /// same in chunks. <c>declared body:</c> says the length and sends nothing. <c>times: 60</c> is how often.
    /// </summary>
    public static CaseRequest Of(Case given, CaseFile file)
    {
        var headers = new List<(string Name, string Value)>();
        IEnumerable<ReadOnlyMemory<byte>> body = [];
        var times = 1;
        var own = string.Create(CultureInfo.InvariantCulture, $"{given.Line / 256}.{given.Line % 256}");
        if (given.Client is not "-")
            headers.Add(("X-Forwarded-For", file.Items(given.Client).Single().Replace("{line}", own, StringComparison.Ordinal)));
        foreach (var item in file.Items(given.Sends).Select(item => item.Split(": ", 2)))
        {
            if (item[0] is "chunked body")
            {
                headers.Add(("Transfer-Encoding", "chunked"));
                body = InChunks(PiecesOf(item[1]));
            }
            else if (item[0] is "body" or "declared body")
            {
                var pieces = PiecesOf(item[1]);
                headers.Add(("Content-Length", pieces.Sum(piece => piece.Length).ToString(CultureInfo.InvariantCulture)));
                body = item[0] is "body" ? pieces : [];
            }
            else if (item[0] is "times")
            {
                times = int.Parse(item[1], CultureInfo.InvariantCulture);
            }
            else
            {
                headers.Add((item[0], item[1]));
            }
        }

        return new CaseRequest(given.Request, headers, body) { Times = times };
    }

    private static List<ReadOnlyMemory<byte>> PiecesOf(string body)
    {
        if (!body.EndsWith(" bytes", StringComparison.Ordinal))
            return [Encoding.Latin1.GetBytes(body)];
        var pieces = new List<ReadOnlyMemory<byte>>();
        for (var left = int.Parse(body[..^6], CultureInfo.InvariantCulture); left > 0; left -= MaxPiece)
            pieces.Add(Piece.AsMemory(0, Math.Min(left, MaxPiece)));
        return pieces;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> InChunks(List<ReadOnlyMemory<byte>> pieces)
    {
        foreach (var piece in pieces)
        {
            yield return Encoding.Latin1.GetBytes($"{piece.Length:x}\r\n");
            yield return piece;
            yield return "\r\n"u8.ToArray();
        }

        yield return "0\r\n\r\n"u8.ToArray();
    }

    private static byte[] CreatePiece()
    {
        var piece = new byte[MaxPiece];
        piece.AsSpan().Fill((byte)'x');
        return piece;
    }
}
