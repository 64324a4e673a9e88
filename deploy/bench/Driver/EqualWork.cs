using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Router.Bench;

/// <summary>
/// What Router's default table does for each request, for the peers that do the same: a log line in JSON, an allow list for the client's
/// address, which a trusted proxy may state, credentials for the backend, response headers, and compression where it applies.
/// </summary>
internal static class EqualWork
{
    /// <summary>The credentials for the backend.</summary>
    public const string Credentials = "dXNlcjpwYXNzd29yZA==";

    /// <summary>The proxy whose <c>X-Forwarded-For</c> is trusted: the benchmark itself.</summary>
    public const string TrustedProxy = "127.0.0.1";

    private const string AllowedClient = "198.51.100.7";
    private const string RefusedClient = "192.0.2.1";

    /// <summary>The response headers of the pages, for the host <c>www.example.org</c>.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> Headers =
    [
        ("X-Xss-Protection", "1; mode=block"),
        ("Permissions-Policy", "interest-cohort=()"),
        (
            "Content-Security-Policy",
            "default-src 'self'; script-src 'self' 'unsafe-inline' https://www.google-analytics.com https://www.googletagmanager.com; "
                + "img-src 'self' data: https://www.google-analytics.com; style-src 'self' 'unsafe-inline'; "
                + "connect-src 'self' https://www.google-analytics.com; object-src 'self' https://assets.example.org; "
                + "frame-src 'self' https://assets.example.org"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Strict-Transport-Security", "max-age=31536000; includeSubdomains"),
    ];

    /// <summary>The clients that are allowed.</summary>
    public static readonly IReadOnlyList<string> Allowed = [TrustedProxy, "198.51.100.0/24"];

    /// <summary>The members of a log line.</summary>
    private static readonly string[] Members =
    [
        "logType",
        "requestId",
        "spanId",
        "parentSpanId",
        "isSampled",
        "debugFlag",
        "remoteHost",
        "user",
        "time",
        "epochTime",
        "request",
        "status",
        "size",
        "requestSize",
        "referer",
        "userAgent",
        "requestTime",
        "upstreamConnectTime",
        "upstreamHeaderTime",
        "upstreamResponseTime",
        "httpHost",
    ];

    /// <summary>A log line as a format string of the peer's.</summary>
    /// <param name="value">The peer's expression for the value of a member.</param>
    public static string LogFormat(Func<string, string> value) =>
        "{" + string.Join(",", Members.Select(member => $"\"{member}\":{value(member)}")) + "}";

    /// <summary>Whether a contestant claims to do this work.</summary>
    public static bool IsClaimedBy(string name) => name is Contestants.NginxEqual or Contestants.HaProxyEqual or Contestants.Router;

    /// <summary>Checks that a contestant does it all.</summary>
    /// <exception cref="BenchException">It does not.</exception>
    public static async Task CheckAsync(string name, ServerProcess process)
    {
        var allowed = await Probe.TextAsync(process.Port, HeadFor(LoadCase.Credentials.Path, AllowedClient));
        Require(allowed.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal), $"the backend did not get the credentials: {allowed}");
        foreach (var (header, value) in Headers)
            Require(
                allowed.Contains($"\r\n{header}: {value}\r\n", StringComparison.OrdinalIgnoreCase),
                $"the response has no '{header}: {value}': {allowed}"
            );
        var refused = await Probe.TextAsync(process.Port, HeadFor("/small", RefusedClient));
        Require(refused.StartsWith("HTTP/1.1 403 ", StringComparison.Ordinal), $"a client that is not allowed was served: {refused}");
        Require(
            (await Probe.TextAsync(process.Port, HeadFor("/style.css", AllowedClient) + "Accept-Encoding: gzip\r\n")).Contains(
                "\r\nContent-Encoding: gzip\r\n",
                StringComparison.OrdinalIgnoreCase
            ),
            "a stylesheet was not compressed"
        );
        await RequireLineAsync(process.OutputFile);

        void Require(bool holds, string otherwise)
        {
            if (!holds)
                throw new BenchException($"{name} does not do the work that it is measured for: {otherwise}");
        }

        async Task RequireLineAsync(string file)
        {
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(10); await Task.Delay(50))
            {
                if (Lines(file).Any(line => IsOf(line, LoadCase.Credentials.Path)))
                    return;
            }

            Require(false, $"no log line with {string.Join(", ", Members)} for {AllowedClient} in {file}");
        }
    }

    private static string HeadFor(string path, string client) =>
        $"GET {path} HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\nX-Forwarded-For: {client}\r\n";

    private static string[] Lines(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().Split('\n');
    }

    private static bool IsOf(string line, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return Members.All(member => json.RootElement.TryGetProperty(member, out _))
                && json.RootElement.GetProperty("remoteHost").GetString() == AllowedClient
                && json.RootElement.GetProperty("request").GetString()!.Contains(path, StringComparison.Ordinal);
        }
        catch (JsonException)
        {
            // Another line, or one that is not complete yet.
            return false;
        }
    }
}
