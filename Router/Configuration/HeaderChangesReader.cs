using System.Collections.Immutable;
using Router.Http;

namespace Router.Configuration;

/// <summary>Reads the changes to headers: <c>Router:RequestHeaders</c> and a section of <c>Router:ResponseHeaders</c>.</summary>
public static class HeaderChangesReader
{
    /// <summary>Reads the changes to requests and records the errors.</summary>
    public static RequestHeaderSettings RequestHeaders(ConfigurationReader reader)
    {
        var settings = new RequestHeaderSettings(
            Names(reader, "Remove"),
            reader.Text("ForwardedProto", "http", "https"),
            reader.FilledText("SamplingTrust", "Name an allow list, or remove it")
        );
        if (settings.ForwardedProto is not (null or "http" or "https"))
            reader.AddError(
                "ForwardedProto",
                $"is '{settings.ForwardedProto}'",
                "Write http or https, or leave it out for what the client used"
            );
        reader.RefuseUnknownKeys();
        return settings;
    }

    /// <summary>Reads one set of changes to responses and records the errors.</summary>
    public static ResponseHeaderSettings ResponseHeaders(ConfigurationReader reader)
    {
        var add = Added(reader, "Add");
        var settings = new ResponseHeaderSettings(
            reader.Name,
            Names(reader, "Remove"),
            add,
            StatusCodesReader.Read(reader, "OnStatus", 200, "a status code")
        );
        reader.RefuseUnknownKeys();
        return settings;
    }

    /// <summary>Reads the headers that a message gets, by their names, and records the errors.</summary>
    public static ImmutableArray<KeyValuePair<string, string>> Added(ConfigurationReader reader, string key)
    {
        var add = reader.Child(key).Texts().ToImmutableArray();
        foreach (var (name, value) in add)
        {
            if (!IsHeaderName(name))
                reader.AddError(key, $"'{name}' is not a header name", "Use letters, digits and hyphens");
            if (!RestrictedHeaders.MayBeAdded(name))
            {
                const string Why = "is a hop-by-hop or framing header, which only Router sets";
                reader.AddError($"{key}:{name}", Why, $"Remove this header from {key}");
            }

            if (value.Any(c => c is < ' ' or > '~'))
                reader.AddError(
                    $"{key}:{name}",
                    "has characters that a header value must not contain",
                    "Use visible ASCII and spaces, on one line"
                );
        }

        return add;
    }

    private static ImmutableArray<string> Names(ConfigurationReader reader, string key)
    {
        var names = reader.List(key);
        foreach (var name in names.Where(name => !IsHeaderName(name)))
            reader.AddError(key, $"'{name}' is not a header name", "Use letters, digits and hyphens");
        return names;
    }

    private static bool IsHeaderName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
