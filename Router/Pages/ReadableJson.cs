using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Router.Configuration;

namespace Router.Pages;

/// <summary>Writes JSON for programs that people also read, with <c>curl</c> at night: indented, and with apostrophes unescaped.</summary>
public static class ReadableJson
{
    // None of these responses is ever part of a page, which is what the default encoder's escapes are for.
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text, ending with a line break.</summary>
    public static string Text<T>(T document, JsonTypeInfo<T> type)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, Options))
            JsonSerializer.Serialize(writer, document, type);
        text.WriteByte((byte)'\n');
        // For a terminal, the encoder does not escape enough. The value remains the same.
        return VisibleText.Of(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length));
    }

    /// <summary>Responds with the document, as uncacheable.</summary>
    public static Task WriteAsync<T>(
        HttpContext context,
        T document,
        JsonTypeInfo<T> type,
        int status = StatusCodes.Status200OK,
        string contentType = "application/json"
    )
    {
        var body = Encoding.UTF8.GetBytes(Text(document, type));
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        return context.SendAsync(body).AsTask();
    }
}
