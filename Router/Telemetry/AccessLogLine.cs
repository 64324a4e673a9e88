using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Router.Headers;
using Router.Http;
using Router.Proxy.InFlight;

namespace Router.Telemetry;

/// <summary>One line of the access log, as bytes, including the line end.</summary>
public static class AccessLogLine
{
    [ThreadStatic]
    private static JsonLine? _line;

    [ThreadStatic]
    private static Second? _second;

    /// <summary>Formats the line of a request that ends now: the bytes are valid until the same thread formats the next line.</summary>
    public static ReadOnlySpan<byte> Of(HttpContext context, RequestContext request, TimeProvider time)
    {
        var line = _line ??= new JsonLine();
        line.Reset();
        Write(line, context, request, time);
        line.End();
        return line.Bytes;
    }

    private static void Write(JsonLine line, HttpContext context, RequestContext request, TimeProvider time)
    {
        line.Add("logType"u8, "nginx-access"u8);
        WriteTrace(line, context, request);
        WriteClient(line, context, request);
        var now = time.GetUtcNow();
        line.Add("time"u8, LocalTime(now, time));
        line.AddSeconds("epochTime"u8, now.ToUnixTimeMilliseconds());
        WriteRequestLine(line, context);
        line.Add("status"u8, StatusOf(context, request));
        line.Add("size"u8, SizeOf(context, request));
        line.Add("requestSize"u8, context.Request.ContentLength ?? 0);
        Write(line, "referer"u8, context.Request.Headers.Referer.ToString());
        Write(line, "userAgent"u8, context.Request.Headers.UserAgent.ToString());
        line.AddSeconds("requestTime"u8, Milliseconds(request.Age));
        line.AddSecondsText("upstreamConnectTime"u8, Milliseconds(request.ConnectTime));
        line.AddSecondsText("upstreamHeaderTime"u8, Milliseconds(request.HeaderTime));
        line.AddSecondsText("upstreamResponseTime"u8, Milliseconds(request.ResponseTime));
        Write(line, "httpHost"u8, context.Request.Headers.Host.ToString());
        // Only if there is a value: readers of the original's lines do not know this member.
        if (request.Exemption?.TesterId is { } tester)
            line.Add("bypass"u8, tester);
        if (request.HeldSince is not null)
            line.AddSeconds("holdTime"u8, Milliseconds(request.HeldTime));
    }

    private static void WriteTrace(JsonLine line, HttpContext context, RequestContext request)
    {
        var trace = request.TraceOf(context);
        Write(line, "requestId"u8, trace.TraceId);
        Write(line, "spanId"u8, trace.SpanId);
        Write(line, "parentSpanId"u8, trace.ParentSpanId);
        Write(line, "isSampled"u8, trace.Sampled);
        Write(line, "debugFlag"u8, trace.Flags);
    }

    private static void WriteClient(JsonLine line, HttpContext context, RequestContext request)
    {
        // An IPv6 address with its zone's number has 56 characters at most (RFC 4007 section 11).
        Span<byte> address = stackalloc byte[64];
        var client = request.Client ?? context.Connection.RemoteIpAddress ?? IPAddress.None;
        line.Add("remoteHost"u8, client.TryFormat(address, out var written) ? address[..written] : default);
        WriteUser(line, context.Request.Headers.Authorization);
    }

    // RFC 7617 section 2: base64 of the name, a colon and the password. Without the colon, the text might be a password.
    private static void WriteUser(JsonLine line, StringValues authorization)
    {
        const string scheme = "Basic ";
        const int maxLength = 1024;
        var text = authorization.Count == 1 ? authorization[0].AsSpan() : default;
        if (!text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            line.Add("user"u8, ""u8);
            return;
        }

        Span<byte> credentials = stackalloc byte[maxLength];
        var isKnown = Convert.TryFromBase64Chars(text[scheme.Length..].Trim(' '), credentials, out var written);
        var colon = isKnown ? credentials[..written].IndexOf((byte)':') : -1;
        WriteOctets(line, "user"u8, credentials[..Math.Max(colon, 0)]);
    }

    private static void WriteRequestLine(JsonLine line, HttpContext context)
    {
        var http = context.Request;
        var target = context.Feature<IHttpRequestFeature>()!.RawTarget;
        if (line.TryAddPlain("request"u8, http.Method, target, http.Protocol))
            return;
        var length = http.Method.Length + target.Length + http.Protocol.Length + 2;
        var rented = ArrayPool<char>.Shared.Rent(length);
        rented.AsSpan().TryWrite(CultureInfo.InvariantCulture, $"{http.Method} {target} {http.Protocol}", out _);
        Write(line, "request"u8, rented.AsSpan(0, length));
        ArrayPool<char>.Shared.Return(rented);
    }

    /// <summary>The status that the client got; 499 if it disconnected before it had a complete response.</summary>
    private static int StatusOf(HttpContext context, RequestContext request) =>
        request.ClientLeft(context) ? StatusCodes.Status499ClientClosedRequest : context.Response.StatusCode;

    private static long SizeOf(HttpContext context, RequestContext request)
    {
        if (request.Sent is { } sent)
            return sent;
        return context.Response.HasStarted && context.Request.Method is not "HEAD" ? context.Response.ContentLength ?? 0 : 0;
    }

    // A header value has one character per octet (see the server's encoding). Most of those beyond ASCII are UTF-8.
    private static void Write(JsonLine line, ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        if (line.TryAddPlain(name, value))
            return;
        if (Ascii.IsValid(value) || value.ContainsAnyExceptInRange('\0', '\u00FF'))
        {
            line.Add(name, value);
            return;
        }

        var octets = ArrayPool<byte>.Shared.Rent(value.Length);
        var length = Encoding.Latin1.GetBytes(value, octets);
        WriteOctets(line, name, octets.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(octets);
    }

    private static void WriteOctets(JsonLine line, ReadOnlySpan<byte> name, ReadOnlySpan<byte> octets)
    {
        if (Utf8.IsValid(octets))
            line.Add(name, octets);
        else
            line.Add(name, Encoding.Latin1.GetString(octets));
    }

    // The text of a second is formatted once per thread: each time it would take 3,300 instructions, 6 % of a small request. The
    // culture's names are the invariant ones; its zone has a colon, which the common log format does not.
    private static string LocalTime(DateTimeOffset now, TimeProvider time)
    {
        var second = now.UtcTicks / TimeSpan.TicksPerSecond;
        if (_second is { } last && last.Number == second && last.Clock == time)
            return last.Text;
        var local = TimeZoneInfo.ConvertTime(now, time.LocalTimeZone);
        var sign = local.Offset < TimeSpan.Zero ? '-' : '+';
        var text = string.Create(CultureInfo.InvariantCulture, $"{local:dd/MMM/yyyy:HH:mm:ss} {sign}{local.Offset:hhmm}");
        _second = new Second(time, second, text);
        return text;
    }

    private static long Milliseconds(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMillisecond;

    private static long? Milliseconds(TimeSpan? duration) => duration is { } known ? Milliseconds(known) : null;

    private sealed record Second(TimeProvider Clock, long Number, string Text);
}
