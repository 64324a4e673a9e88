namespace Router.Configuration;

/// <summary>
/// One JSON file as a layer of the configuration. It is read only when <see cref="ReadAgain"/> is called, and takes effect only when
/// <see cref="Take"/> is called: an invalid file changes nothing.
/// </summary>
public sealed class ConfigurationFile : ConfigurationProvider, IConfigurationSource
{
    private readonly bool _isOptional;
    private volatile Tuple<IDictionary<string, string?>, string[]>? _sorted;

    /// <summary>Reads the file for the first time.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="isOptional">Whether it may be missing.</param>
    public ConfigurationFile(string path, bool isOptional)
    {
        (Path, _isOptional) = (path, isOptional);
        (var keys, LoadError) = Read();
        Data = keys ?? [];
    }

    private ConfigurationFile(ConfigurationFile before)
    {
        (Path, _isOptional) = (before.Path, before._isOptional);
        (var keys, LoadError) = Read();
        Data = keys ?? before.Data;
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>Why it could not be read; null if it could.</summary>
    public ValidationError? LoadError { get; private set; }

    /// <summary>The keys that the file sets.</summary>
    public IEnumerable<string> Keys => Data.Keys;

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>The same layer reread from the file; if the file cannot be read, with its previous content.</summary>
    public ConfigurationFile ReadAgain() => new(this);

    /// <summary>Puts a reread layer in force.</summary>
    public void Take(ConfigurationFile other)
    {
        (Data, LoadError) = (other.Data, other.LoadError);
        _sorted = null;
    }

    // The framework scans all of the file's keys for each section that is requested: for 100,000 hosts that takes minutes. In order, the
    // keys of a section are neighbours.
    public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath)
    {
        var data = Data;
        if (_sorted is not { } sorted || sorted.Item1 != data)
            _sorted = sorted = Tuple.Create<IDictionary<string, string?>, string[]>(
                data,
                [.. data.Keys.Order(StringComparer.OrdinalIgnoreCase)]
            );
        return ChildrenOf(sorted.Item2, parentPath is null or "" ? "" : $"{parentPath}{ConfigurationPath.KeyDelimiter}")
            .Concat(earlierKeys)
            .Order(ConfigurationKeyComparer.Instance);
    }

    private static IEnumerable<string> ChildrenOf(string[] sorted, string prefix)
    {
        var first = Array.BinarySearch(sorted, prefix, StringComparer.OrdinalIgnoreCase);
        var before = "";
        for (var i = first < 0 ? ~first : first; i < sorted.Length && sorted[i].StartsWith(prefix, StringComparison.OrdinalIgnoreCase); i++)
        {
            var end = sorted[i].IndexOf(ConfigurationPath.KeyDelimiter, prefix.Length, StringComparison.Ordinal);
            var child = sorted[i].AsSpan(prefix.Length, (end < 0 ? sorted[i].Length : end) - prefix.Length);
            // Not every duplicate is found here: a key with a value may not be next to the keys below it. The framework removes those.
            if (child.Equals(before, StringComparison.OrdinalIgnoreCase))
                continue;
            before = child.ToString();
            yield return before;
        }
    }

    private (Dictionary<string, string?>? Keys, ValidationError? Error) Read()
    {
        if (_isOptional && FileStamp.Of(Path) == FileStamp.Missing)
            return ([], null);
        if (FileText.TryRead(Path, out var problem, out var hint) is not { } content)
            return (null, new ValidationError(Path, $"can't be read: {problem}", hint));
        try
        {
            var keys = JsonKeys.Read(content);
            RelativePaths.Resolve(keys, System.IO.Path.GetDirectoryName(Path)!);
            return (keys, null);
        }
        catch (JsonKeysException error)
        {
            return (
                null,
                new ValidationError($"{Path}:{error.Line}:{error.Column}", $"can't be read as JSON: {error.Message}", error.Hint)
            );
        }
    }
}
