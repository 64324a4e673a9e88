using System.Collections.Immutable;
using System.Globalization;

namespace Router.Configuration;

/// <summary>Reads lists of status codes.</summary>
public static class StatusCodesReader
{
    /// <summary>Reads a list; what is no status code in the range is an error.</summary>
    public static ImmutableArray<int> Read(ConfigurationReader reader, string key, int min, string what)
    {
        var statuses = ImmutableArray.CreateBuilder<int>();
        foreach (var text in reader.List(key))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status >= min && status <= 599)
                statuses.Add(status);
            else
                reader.AddError(key, $"'{text}' is not {what}", $"List codes from {min} to 599");
        }

        return statuses.ToImmutable();
    }
}
