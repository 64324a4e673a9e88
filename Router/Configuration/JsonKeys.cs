using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Router.Http;

namespace Router.Configuration;

/// <summary>
/// Reads a JSON file into configuration keys, as the framework does: comments and trailing commas are allowed, names are separated by
/// colons, and array entries are named by their index. Unlike the framework's reader it reports where an error is, for duplicate keys too.
/// </summary>
public static class JsonKeys
{
    private static readonly JsonReaderOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <exception cref="JsonKeysException">The text is not a JSON object, or has a duplicate key.</exception>
    public static Dictionary<string, string?> Read(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        if (!Utf8.IsValid(json))
            throw new JsonKeysException("the file is not UTF-8", 1, 1);
        var keys = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var reader = new Utf8JsonReader(json, Options);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw ErrorAt(json, reader.TokenStartIndex, "the file must hold one JSON object");
            Object(ref reader, json, "", keys);
            // Trailing content after the object is an error that only another read finds.
            reader.Read();
            return keys;
        }
        catch (JsonException error)
        {
            throw new JsonKeysException(
                Sentence(error.Message),
                (error.LineNumber ?? 0) + 1,
                Column(json, error.LineNumber ?? 0, error.BytePositionInLine ?? 0)
            );
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is valid JSON but not valid text.
            throw ErrorAt(json, reader.TokenStartIndex, "the text has an incomplete surrogate pair");
        }
    }

    private static void Value(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string key, Dictionary<string, string?> keys)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                Object(ref reader, json, key, keys);
                break;
            case JsonTokenType.StartArray:
                Array(ref reader, json, key, keys);
                break;
            default:
                var text = reader.TokenType switch
                {
                    JsonTokenType.String => reader.GetString(),
                    JsonTokenType.Null => null,
                    JsonTokenType.True => "True",
                    JsonTokenType.False => "False",
                    _ => Encoding.UTF8.GetString(reader.ValueSpan),
                };
                Add(ref reader, json, key, text, keys);
                break;
        }
    }

    private static void Object(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string key, Dictionary<string, string?> keys)
    {
        var isEmpty = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            isEmpty = false;
            var name = reader.GetString()!;
            reader.Read();
            Value(ref reader, json, key is "" ? name : ConfigurationPath.Combine(key, name), keys);
        }

        if (isEmpty && key is not "")
            Add(ref reader, json, key, null, keys);
    }

    private static void Array(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string key, Dictionary<string, string?> keys)
    {
        var index = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            Value(ref reader, json, $"{key}:{index++}", keys);
        if (index == 0)
            Add(ref reader, json, key, "", keys);
    }

    private static void Add(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string key, string? value, Dictionary<string, string?> keys)
    {
        if (!keys.TryAdd(key, value))
            throw ErrorAt(json, reader.TokenStartIndex, $"'{key}' is set a second time", "Remove one of the two, or give one another name");
    }

    private static JsonKeysException ErrorAt(ReadOnlySpan<byte> json, long index, string problem, string hint = JsonKeysException.CorrectIt)
    {
        var before = json[..(int)index];
        var line = before.Count((byte)'\n');
        return new JsonKeysException(problem, line + 1, Column(json, line, index - (before.LastIndexOf((byte)'\n') + 1)), hint);
    }

    // In characters, as an editor counts them.
    private static int Column(ReadOnlySpan<byte> json, long line, long bytes)
    {
        for (; line > 0; line--)
            json = json[(json.IndexOf((byte)'\n') + 1)..];
        return Encoding.UTF8.GetCharCount(json[..(int)Math.Min(bytes, json.Length)]) + 1;
    }

    // The reader's message ends with the position, which here comes first.
    private static string Sentence(string message) =>
        (message.IndexOf(" LineNumber:", StringComparison.Ordinal) is > 0 and var end ? message[..end] : message).TrimEnd('.');
}
