using System.Globalization;
using System.Text;

namespace Router.Tests.OriginalSite;

/// <summary>A case's request in the bytes that go out.</summary>
internal sealed record CaseRequest
{
    private CaseRequest(string request, IReadOnlyList<(string Name, string Value)> fields, byte[] body)
    {
        var parts = request.Split(' ');
        var slash = parts[1].IndexOf('/', StringComparison.Ordinal);
        Method = parts[0];
        Host = slash < 0 ? parts[1] : parts[1][..slash];
        var target = parts.Length > 2 ? parts[2] : parts[1][slash..];
        var head = new StringBuilder($"{Method} {target} HTTP/1.{(Host is "" ? 0 : 1)}\r\n");
        if (Host is not "")
            head.Append(CultureInfo.InvariantCulture, $"Host: {Host}\r\n");
        foreach (var (name, value) in fields)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        Head = head.Append("\r\n").ToString();
        Body = body;
        ForwardedFor = string.Join(
            ", ",
            fields.Where(field => field.Name is "X-Forwarded-For").Select(field => field.Value).Append("127.0.0.1")
        );
    }

    public string Method { get; }

    public string Host { get; }

    public string Head { get; }

    public byte[] Body { get; }

    /// <summary>How often it is sent, one after the other.</summary>
    public int Times { get; private init; } = 1;

    /// <summary>What a backend must get: what came, and the peer that it came from.</summary>
    public string ForwardedFor { get; }

    /// <summary>
    /// Makes a request. Beside fields a case may send <c>body: text</c>, <c>body: 12 bytes</c>, and with <c>chunked body:</c> the
    /// same in chunks. <c>declared body:</c> says the length and sends nothing. <c>times: 60</c> is how often.
    /// </summary>
    public static CaseRequest Of(Case given, CaseFile file)
    {
        var fields = new List<(string Name, string Value)>();
        var (body, times) = (Array.Empty<byte>(), 1);
        var own = string.Create(CultureInfo.InvariantCulture, $"{given.Line / 256}.{given.Line % 256}");
        if (given.Client is not "-")
            fields.Add(("X-Forwarded-For", file.Items(given.Client).Single().Replace("{line}", own, StringComparison.Ordinal)));
        foreach (var item in file.Items(given.Sends).Select(item => item.Split(": ", 2)))
        {
            if (item[0] is "chunked body")
            {
                fields.Add(("Transfer-Encoding", "chunked"));
                body = InChunks(BytesOf(item[1]));
            }
            else if (item[0] is "body" or "declared body")
            {
                var bytes = BytesOf(item[1]);
                fields.Add(("Content-Length", bytes.Length.ToString(CultureInfo.InvariantCulture)));
                body = item[0] is "body" ? bytes : [];
            }
            else if (item[0] is "times")
            {
                times = int.Parse(item[1], CultureInfo.InvariantCulture);
            }
            else
            {
                fields.Add((item[0], item[1]));
            }
        }

        return new CaseRequest(given.Request, fields, body) { Times = times };
    }

    private static byte[] BytesOf(string body)
    {
        if (!body.EndsWith(" bytes", StringComparison.Ordinal))
            return Encoding.Latin1.GetBytes(body);
        var bytes = new byte[int.Parse(body[..^6], CultureInfo.InvariantCulture)];
        bytes.AsSpan().Fill((byte)'x');
        return bytes;
    }

    private static byte[] InChunks(byte[] body)
    {
        const int most = 1 << 20;
        using var chunks = new MemoryStream(body.Length + most);
        for (var at = 0; at < body.Length; at += most)
        {
            var length = Math.Min(most, body.Length - at);
            chunks.Write(Encoding.Latin1.GetBytes($"{length:x}\r\n"));
            chunks.Write(body, at, length);
            chunks.Write("\r\n"u8);
        }

        chunks.Write("0\r\n\r\n"u8);
        return chunks.ToArray();
    }
}
