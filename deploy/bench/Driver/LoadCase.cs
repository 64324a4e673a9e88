namespace Router.Bench;

/// <summary>A request that is sent again and again, and what must come back.</summary>
internal sealed record LoadCase(string Name, string Path, int Length)
{
    private const string Host = "www.example.org";

    /// <summary>A request as small as it gets.</summary>
    private static readonly Dictionary<string, string> Few = new() { ["Host"] = Host };

    /// <summary>The fifteen fields of a browser that follows a link.</summary>
    private static readonly Dictionary<string, string> Browser = new()
    {
        ["Host"] = Host,
        ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
        ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
        ["Accept-Language"] = "en-GB,en;q=0.9,cy;q=0.8",
        ["Accept-Encoding"] = "gzip, deflate, br",
        ["Referer"] = "https://www.example.org/search?q=cloud",
        ["Cookie"] = "session=eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbg.V2hhdCBhIHNlc3Npb24; cookie_policy=accepted",
        ["Upgrade-Insecure-Requests"] = "1",
        ["Sec-Fetch-Dest"] = "document",
        ["Sec-Fetch-Mode"] = "navigate",
        ["Sec-Fetch-Site"] = "same-origin",
        ["Sec-Fetch-User"] = "?1",
        ["Sec-Ch-Ua"] = "\"Chromium\";v=\"141\", \"Not?A_Brand\";v=\"8\"",
        ["Sec-Ch-Ua-Mobile"] = "?0",
        ["Sec-Ch-Ua-Platform"] = "\"Linux\"",
    };

    public static readonly LoadCase Small = new("small", "/small", "Hello, world\n".Length);
    public static readonly LoadCase Page = new("page", "/page.html", Backend.PageLength) { Headers = Browser };
    public static readonly LoadCase Download = new("download", "/large.bin", Backend.LargeLength);
    public static readonly LoadCase Upload = new("upload", "/upload", "Hello, world\n".Length) { Method = "POST", UploadLength = Backend.LargeLength };
    public static readonly LoadCase Https = Page with { Name = "https", Scheme = "https" };

    public static readonly LoadCase[] All = [Small, Page, Download, Upload, Https];

    public string Method { get; init; } = "GET";

    public int UploadLength { get; init; }

    /// <summary>How the backend is spoken to.</summary>
    public string Scheme { get; init; } = "http";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = Few;
}
