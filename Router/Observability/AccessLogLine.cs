using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Router.Forwarding.InFlight;

namespace Router.Observability;

/// <summary>One line of the access log, as bytes; the line end is the last of them.</summary>
public static class AccessLogLine
{
    private static readonly JsonEncodedText LogType = JsonEncodedText.Encode("logType");
    private static readonly JsonEncodedText RequestId = JsonEncodedText.Encode("requestId");
    private static readonly JsonEncodedText SpanId = JsonEncodedText.Encode("spanId");
    private static readonly JsonEncodedText ParentSpanId = JsonEncodedText.Encode("parentSpanId");
    private static readonly JsonEncodedText IsSampled = JsonEncodedText.Encode("isSampled");
    private static readonly JsonEncodedText DebugFlag = JsonEncodedText.Encode("debugFlag");
    private static readonly JsonEncodedText RemoteHost = JsonEncodedText.Encode("remoteHost");
    private static readonly JsonEncodedText User = JsonEncodedText.Encode("user");
    private static readonly JsonEncodedText Time = JsonEncodedText.Encode("time");
    private static readonly JsonEncodedText EpochTime = JsonEncodedText.Encode("epochTime");
    private static readonly JsonEncodedText Request = JsonEncodedText.Encode("request");
    private static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    private static readonly JsonEncodedText Size = JsonEncodedText.Encode("size");
    private static readonly JsonEncodedText RequestSize = JsonEncodedText.Encode("requestSize");
    private static readonly JsonEncodedText Referer = JsonEncodedText.Encode("referer");
    private static readonly JsonEncodedText UserAgent = JsonEncodedText.Encode("userAgent");
    private static readonly JsonEncodedText RequestTime = JsonEncodedText.Encode("requestTime");
    private static readonly JsonEncodedText UpstreamConnectTime = JsonEncodedText.Encode("upstreamConnectTime");
    private static readonly JsonEncodedText UpstreamHeaderTime = JsonEncodedText.Encode("upstreamHeaderTime");
    private static readonly JsonEncodedText UpstreamResponseTime = JsonEncodedText.Encode("upstreamResponseTime");
    private static readonly JsonEncodedText HttpHost = JsonEncodedText.Encode("httpHost");
    private static readonly JsonEncodedText Bypass = JsonEncodedText.Encode("bypass");

    private const int MostDigits = 32;

    // Usual lines are far shorter; what a rare long one has made grow is not kept.
    private const int Scratch = 8 << 10;

    // Read by programs and by people in a terminal, never as part of a page: '<' and '&' may stand; control characters may not.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    [ThreadStatic]
    private static Second? _second;

    /// <summary>Makes the line of a request that ends now: bytes that hold until the next line is made by the same thread.</summary>
    public static ReadOnlySpan<byte> Of(HttpContext context, Exchange exchange, TimeProvider time)
    {
        if (_scratch is not { Capacity: <= Scratch })
            _scratch = new ArrayBufferWriter<byte>(Scratch);
        _scratch.ResetWrittenCount();
        _json ??= new Utf8JsonWriter(_scratch, Options);
        _json.Reset(_scratch);
        Write(_json, context, exchange, time);
        _json.Flush();
        _scratch.Write("\n"u8);
        return _scratch.WrittenSpan;
    }

    private static void Write(Utf8JsonWriter json, HttpContext context, Exchange exchange, TimeProvider time)
    {
        json.WriteStartObject();
        json.WriteString(LogType, "nginx-access"u8);
        WriteTrace(json, context, exchange);
        WriteClient(json, context, exchange);
        var now = time.GetUtcNow();
        json.WriteString(Time, LocalTime(now, time));
        WriteSeconds(json, EpochTime, now.ToUnixTimeMilliseconds());
        WriteRequestLine(json, context);
        json.WriteNumber(Status, StatusOf(context, exchange));
        json.WriteNumber(Size, SizeOf(context, exchange));
        json.WriteNumber(RequestSize, context.Request.ContentLength ?? 0);
        Write(json, Referer, context.Request.Headers.Referer);
        Write(json, UserAgent, context.Request.Headers.UserAgent);
        WriteSeconds(json, RequestTime, Milliseconds(exchange.Age));
        Write(json, UpstreamConnectTime, exchange.ConnectTime);
        Write(json, UpstreamHeaderTime, exchange.HeaderTime);
        Write(json, UpstreamResponseTime, exchange.ResponseTime);
        Write(json, HttpHost, context.Request.Headers.Host);
        // Only where there is something to say: who reads the original's lines knows no such member.
        if (exchange.Passage?.TesterId is { } tester)
            json.WriteString(Bypass, tester);
        json.WriteEndObject();
    }

    private static void WriteTrace(Utf8JsonWriter json, HttpContext context, Exchange exchange)
    {
        Write(json, RequestId, Field("X-B3-TraceId"));
        Write(json, SpanId, Field("X-B3-SpanId"));
        Write(json, ParentSpanId, Field("X-B3-ParentSpanId"));
        Write(json, IsSampled, Field("X-B3-Sampled"));
        Write(json, DebugFlag, Field("X-B3-Flags"));

        string Field(string name) => exchange.Field(context, name);
    }

    private static void WriteClient(Utf8JsonWriter json, HttpContext context, Exchange exchange)
    {
        // An IPv6 address with its zone's number has 56 characters at most (RFC 4007 section 11).
        Span<byte> address = stackalloc byte[64];
        var client = exchange.Client ?? context.Connection.RemoteIpAddress ?? IPAddress.None;
        json.WriteString(RemoteHost, client.TryFormat(address, out var written) ? address[..written] : default);
        WriteUser(json, context.Request.Headers.Authorization);
    }

    // RFC 7617 section 2: base64 of the name, a colon and the password. Without the colon nobody can say that it is not a password.
    private static void WriteUser(Utf8JsonWriter json, StringValues authorization)
    {
        const string scheme = "Basic ";
        const int most = 1024;
        Span<byte> credentials = stackalloc byte[most];
        var text = authorization.Count == 1 ? authorization[0].AsSpan() : default;
        var length = 0;
        if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && Convert.TryFromBase64Chars(text[scheme.Length..].Trim(' '), credentials, out var written)
            && credentials[..written].IndexOf((byte)':') is >= 0 and var colon)
        {
            length = colon;
        }

        WriteOctets(json, User, credentials[..length]);
    }

    private static void WriteRequestLine(Utf8JsonWriter json, HttpContext context)
    {
        var request = context.Request;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var length = request.Method.Length + target.Length + request.Protocol.Length + 2;
        var rented = ArrayPool<char>.Shared.Rent(length);
        rented.AsSpan().TryWrite(CultureInfo.InvariantCulture, $"{request.Method} {target} {request.Protocol}", out _);
        Write(json, Request, rented.AsSpan(0, length));
        ArrayPool<char>.Shared.Return(rented);
    }

    /// <summary>The status that the client got; 499 where it went away, or its connection was cut, before an answer began.</summary>
    private static int StatusOf(HttpContext context, Exchange exchange) =>
        !context.Response.HasStarted && exchange.ClientIsGone(context) ? StatusCodes.Status499ClientClosedRequest : context.Response.StatusCode;

    private static long SizeOf(HttpContext context, Exchange exchange)
    {
        if (exchange.Sent is { } sent)
            return sent;
        return context.Response.HasStarted && context.Request.Method is not "HEAD" ? context.Response.ContentLength ?? 0 : 0;
    }

    private static void Write(Utf8JsonWriter json, JsonEncodedText name, StringValues values) => Write(json, name, values.ToString().AsSpan());

    private static void Write(Utf8JsonWriter json, JsonEncodedText name, string value) => Write(json, name, value.AsSpan());

    // A field's value has a character for each octet (see the server's encoding). Most of those beyond ASCII are UTF-8.
    private static void Write(Utf8JsonWriter json, JsonEncodedText name, ReadOnlySpan<char> value)
    {
        if (Ascii.IsValid(value) || value.ContainsAnyExceptInRange('\0', '\u00FF'))
        {
            json.WriteString(name, value);
            return;
        }

        var octets = ArrayPool<byte>.Shared.Rent(value.Length);
        var length = Encoding.Latin1.GetBytes(value, octets);
        WriteOctets(json, name, octets.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(octets);
    }

    private static void WriteOctets(Utf8JsonWriter json, JsonEncodedText name, ReadOnlySpan<byte> octets)
    {
        if (Utf8.IsValid(octets))
            json.WriteString(name, octets);
        else
            json.WriteString(name, Encoding.Latin1.GetString(octets));
    }

    // A second's text is made once on each thread. The culture's words are the invariant ones; its zone has a colon, which the common log format has not.
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

    private static void Write(Utf8JsonWriter json, JsonEncodedText name, TimeSpan? duration)
    {
        Span<byte> text = stackalloc byte[MostDigits];
        json.WriteString(name, duration is { } known ? text[..Format(Milliseconds(known), text)] : default);
    }

    private static void WriteSeconds(Utf8JsonWriter json, JsonEncodedText name, long milliseconds)
    {
        Span<byte> text = stackalloc byte[MostDigits];
        json.WritePropertyName(name);
        json.WriteRawValue(text[..Format(milliseconds, text)], skipInputValidation: true);
    }

    private static long Milliseconds(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMillisecond;

    // Seconds, with exactly three digits after the point.
    private static int Format(long milliseconds, Span<byte> to)
    {
        Utf8Formatter.TryFormat(milliseconds / 1000, to, out var length);
        to[length++] = (byte)'.';
        Utf8Formatter.TryFormat(milliseconds % 1000, to[length..], out var digits, new StandardFormat('D', 3));
        return length + digits;
    }

    private sealed record Second(TimeProvider Clock, long Number, string Text);
}
