namespace Router.Configuration;

/// <summary>
/// One JSON file as a layer of the configuration. It is read only when <see cref="ReadAgain"/> is called, and takes effect only when
/// <see cref="Take"/> is called: an invalid file changes nothing.
/// </summary>
public sealed class ConfigurationFile : ConfigurationProvider, IConfigurationSource
{
    private readonly bool _isOptional;
    private volatile Tuple<IDictionary<string, string?>, ILookup<string, string>>? _children;

    /// <summary>Reads the file for the first time.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="isOptional">Whether it may be missing.</param>
    public ConfigurationFile(string path, bool isOptional)
    {
        (Path, _isOptional) = (path, isOptional);
        (var keys, Fault) = Read();
        Data = keys ?? [];
    }

    private ConfigurationFile(ConfigurationFile before)
    {
        (Path, _isOptional) = (before.Path, before._isOptional);
        (var keys, Fault) = Read();
        Data = keys ?? before.Data;
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>Why it could not be read; null if it could.</summary>
    public ValidationError? Fault { get; private set; }

    /// <summary>The keys that the file sets.</summary>
    public IEnumerable<string> Keys => Data.Keys;

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>The same layer reread from the file; if the file cannot be read, with its previous content.</summary>
    public ConfigurationFile ReadAgain() => new(this);

    /// <summary>Puts a reread layer in force.</summary>
    public void Take(ConfigurationFile other) => (Data, Fault) = (other.Data, other.Fault);

    // The framework scans all of the file's keys for each section that is requested: for 100,000 hosts that takes minutes.
    public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath)
    {
        var data = Data;
        if (_children is not { } children || children.Item1 != data)
            _children = children = Tuple.Create(data, ChildrenOf(data.Keys));
        return children.Item2[parentPath ?? ""].Concat(earlierKeys).Order(ConfigurationKeyComparer.Instance);
    }

    private static ILookup<string, string> ChildrenOf(IEnumerable<string> keys)
    {
        var sections = new HashSet<string>(keys, StringComparer.OrdinalIgnoreCase);
        foreach (var key in sections.ToArray())
        {
            for (var parent = ConfigurationPath.GetParentPath(key); parent is not null && sections.Add(parent); )
                parent = ConfigurationPath.GetParentPath(parent);
        }

        return sections.ToLookup(
            key => ConfigurationPath.GetParentPath(key) ?? "",
            key => ConfigurationPath.GetSectionKey(key),
            StringComparer.OrdinalIgnoreCase
        );
    }

    private (Dictionary<string, string?>? Keys, ValidationError? Fault) Read()
    {
        if (_isOptional && FileStamp.Of(Path) == FileStamp.Missing)
            return ([], null);
        if (FileText.TryRead(Path, out var problem, out var cure) is not { } content)
            return (null, new ValidationError(Path, $"can't be read: {problem}", cure));
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
                new ValidationError($"{Path}:{error.Line}:{error.Column}", $"can't be read as JSON: {error.Message}", error.Cure)
            );
        }
    }
}
