using System.Net;
using Router.Configuration;
using Router.Headers;
using Router.Http;
using Router.Proxy;
using Router.Proxy.InFlight;

namespace Router.Micro;

/// <summary>A browser's request to the frontend, and the page that comes back.</summary>
public class HeaderCopying
{
    private readonly DefaultHttpContext _context = new();
    private readonly HttpResponseMessage _response = new() { Content = new ByteArrayContent([]) };
    private readonly BackendSettings _backend;
    private readonly RequestContext _admitted;

    public HeaderCopying()
    {
        var (settings, table) = DefaultTable.Read();
        var route = table.Match("www.example.org", "/").Route!;
        _backend = route.Backend!;
        _admitted = new RequestContext(TimeProvider.System)
        {
            Client = IPAddress.Loopback,
            PeerIsTrusted = true,
            RequestRules = new RequestRules(settings, null),
            HeaderRules = new ResponseHeaderRules(route.ResponseHeaders, route.HttpsRedirects),
        };
        // Copying does not look at the backend.
        _admitted.Admit(route, null!, "GET", "GET", "www.example.org", "/", null);
        var request = _context.Request;
        (request.Method, request.Path, request.Scheme) = ("GET", "/", "http");
        _context.Connection.RemoteIpAddress = IPAddress.Loopback;
        request.Headers.Host = "www.example.org";
        request.Headers.UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
        request.Headers.Accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";
        request.Headers.AcceptLanguage = "en-GB,en;q=0.9,cy;q=0.8";
        request.Headers.AcceptEncoding = "gzip, deflate, br";
        request.Headers.Referer = "https://www.example.org/search?q=cloud";
        request.Headers.Cookie = "session=eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbg.V2hhdCBhIHNlc3Npb24; cookie_policy=accepted";
        request.Headers.UpgradeInsecureRequests = "1";
        foreach (
            var (name, value) in (ReadOnlySpan<(string, string)>)
                [("Dest", "document"), ("Mode", "navigate"), ("Site", "same-origin"), ("User", "?1")]
        )
            request.Headers[$"Sec-Fetch-{name}"] = value;
        foreach (
            var (name, value) in (ReadOnlySpan<(string, string)>)
                [("", "\"Chromium\";v=\"141\""), ("-Mobile", "?0"), ("-Platform", "\"Linux\"")]
        )
            request.Headers[$"Sec-Ch-Ua{name}"] = value;
        foreach (
            var (name, value) in (ReadOnlySpan<(string, string)>)
                [
                    ("Server", "nginx"),
                    ("Date", "Mon, 23 Nov 2026 17:24:15 GMT"),
                    ("Connection", "keep-alive"),
                    ("ETag", "\"67430d3f-2000\""),
                    ("Accept-Ranges", "bytes"),
                    ("Cache-Control", "private, max-age=0"),
                    ("Vary", "Cookie"),
                    ("Referrer-Policy", "strict-origin-when-cross-origin"),
                    ("X-Frame-Options", "DENY"),
                ]
        )
        {
            _response.Headers.TryAddWithoutValidation(name, value);
        }

        foreach (
            var (name, value) in (ReadOnlySpan<(string, string)>)
                [
                    ("Content-Type", "text/html; charset=utf-8"),
                    ("Content-Language", "en"),
                    ("Last-Modified", "Sun, 24 Nov 2024 11:26:23 GMT"),
                ]
        )
            _response.Content.Headers.TryAddWithoutValidation(name, value);
    }

    [Benchmark]
    public object ToTheBackend()
    {
        var message = new BackendRequest(HttpMethod.Get, "/", _context.Request.Headers.Count + RequestHeaders.UsuallyAdded);
        RequestHeaders.Copy(_context, message, _backend, _admitted, limits: null);
        return message;
    }

    [Benchmark]
    public bool ToTheClient()
    {
        _context.Response.Headers.Clear();
        return ResponseHeaders.TryCopy(_response, _context);
    }

    [Benchmark]
    public void RulesForTheClient()
    {
        _context.Response.Headers.Clear();
        _admitted.HeaderRules.Apply(_context);
    }

    [GlobalCleanup]
    public void End() => _response.Dispose();
}
