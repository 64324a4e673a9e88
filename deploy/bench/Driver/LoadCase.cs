using System.Text;

namespace Router.Bench;

/// <summary>A request that is sent again and again, and what must come back.</summary>
internal sealed record LoadCase(string Name, string Path)
{
    private const string Greeting = "Hello, world\n";

    /// <summary>The fifteen headers of a browser that follows a link.</summary>
    private static readonly string[] Browser =
    [
        "Host: www.example.org",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
        "Accept-Language: en-GB,en;q=0.9,cy;q=0.8",
        "Accept-Encoding: gzip, deflate, br",
        "Referer: https://www.example.org/search?q=cloud",
        "Cookie: session=eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbg.V2hhdCBhIHNlc3Npb24; cookie_policy=accepted",
        "Upgrade-Insecure-Requests: 1",
        "Sec-Fetch-Dest: document",
        "Sec-Fetch-Mode: navigate",
        "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-User: ?1",
        "Sec-Ch-Ua: \"Chromium\";v=\"141\", \"Not?A_Brand\";v=\"8\"",
        "Sec-Ch-Ua-Mobile: ?0",
        "Sec-Ch-Ua-Platform: \"Linux\"",
    ];

    public static readonly LoadCase Small = new("small", "/small") { Length = Greeting.Length };

    /// <summary>What the backend serves only with the credentials that a proxy adds.</summary>
    public static readonly LoadCase Credentials = new("credentials", "/credentials");
    public static readonly LoadCase Page = new("page", "/page.html") { Headers = Browser, Length = Backend.PageLength };
    public static readonly LoadCase Download = new("download", "/large.bin") { Length = Backend.LargeLength };
    public static readonly LoadCase Upload = new("upload", "/upload")
    {
        Method = "POST",
        UploadLength = Backend.LargeLength,
        Length = Greeting.Length,
    };
    public static readonly LoadCase Https = Page with { Name = "https", Scheme = "https" };

    /// <summary>
    /// As many requests each second for whom ever they go to, so that waiting times can be compared: each connection pauses at random.
    /// </summary>
    public static readonly LoadCase Paced = Small with { Name = "latency", MaxPause = 40 };

    /// <summary>The page of the closed site, whatever its length is.</summary>
    public static readonly LoadCase Closed = Page with { Name = "closed", Status = 503, Length = null };

    public string Method { get; init; } = "GET";

    /// <summary>How the backend is spoken to.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>The header lines of the request: no more than needed unless set.</summary>
    public string[] Headers { get; init; } = ["Host: www.example.org"];

    public int UploadLength { get; init; }

    /// <summary>
    /// Over how many hosts the requests are spread, as in <see cref="PublishedRouter.StartWithHosts"/>; 0: they all go to one.
    /// </summary>
    public int Hosts { get; init; }

    /// <summary>The longest pause between a response and the next request, in milliseconds.</summary>
    public int MaxPause { get; init; }

    public int Status { get; init; } = 200;

    /// <summary>The length of the response's body; null: any.</summary>
    public int? Length { get; init; }

    /// <summary>The request's header.</summary>
    public string Head
    {
        get
        {
            var head = new StringBuilder($"{Method} {Path} HTTP/1.1\r\n");
            foreach (var line in Hosts > 0 ? ["Host: h0.example.org"] : Headers)
                head.Append(line).Append("\r\n");
            if (UploadLength > 0)
                head.Append($"Content-Length: {UploadLength}\r\n");
            return head.Append("\r\n").ToString();
        }
    }
}
