using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;

namespace Router.Configuration;

/// <summary>
/// The configuration's layers, each before the one above it: the file (Router's own <c>appsettings.json</c> with the one for the
/// environment, or the one that the operator names in their place), the site's own variables, the environment in the .NET way.
/// </summary>
public sealed class ConfigurationFiles
{
    // The variable that everybody's scripts set: heard or refused, and never overheard.
    private const string ModeVariable = "DM_MODE";

    private readonly List<(string Path, bool Optional)> _files = [];
    private readonly Dictionary<string, string> _broken = [];
    private string _seen = "";
    private bool _isModeUnheard;

    /// <summary>Adds the layers to a configuration.</summary>
    /// <param name="configuration">What is built.</param>
    /// <param name="directory">Where <c>appsettings.json</c> stands.</param>
    /// <param name="environmentName">The environment's name, such as Production.</param>
    /// <param name="instead">A file to take in place of those there, or null.</param>
    /// <param name="environment">Reads an environment variable.</param>
    public void AddTo(IConfigurationManager configuration, string directory, string environmentName, string? instead, Func<string, string?> environment)
    {
        if (instead is null)
        {
            Add(configuration, Path.Combine(directory, "appsettings.json"), optional: false);
            Add(configuration, Path.Combine(directory, $"appsettings.{environmentName}.json"), optional: true);
        }
        else
        {
            Add(configuration, Path.GetFullPath(instead), optional: false);
        }

        _seen = Look();
        var declared = ConfigurationVariables.From(configuration);
        _isModeUnheard = environment(ModeVariable) is not null && !declared.Has(ModeVariable);
        configuration.AddInMemoryCollection(declared.Values(environment));
        configuration.AddEnvironmentVariables();
    }

    /// <summary>
    /// Whether a file is another one than at the last call: by time, size, and what a symbolic link leads to. Looked at and not
    /// listened to: the framework's watcher listens to every directory below the file's, and misses the swapped links of a ConfigMap.
    /// </summary>
    public bool HaveChanged()
    {
        var now = Look();
        return now != Interlocked.Exchange(ref _seen, now);
    }

    /// <summary>Notes the files that can't be read, and a mode in the environment that nobody would hear.</summary>
    public void AddFaults(Faults faults)
    {
        foreach (var (path, problem) in _broken)
            faults.Add(path, $"can't be read: {problem.TrimEnd('.')}", "Mend the file");
        if (_isModeUnheard && _broken.Count == 0)
            faults.Add(ModeVariable, "is set in the environment, and the configuration does not take it: the site would not be in that mode", $"Declare it, with {ConfigurationVariables.Section}:{ModeVariable} = Mode, or unset it");
    }

    private void Add(IConfigurationBuilder configuration, string path, bool optional)
    {
        _files.Add((path, optional));
        configuration.Add(new JsonFile(this, path)
        {
            FileProvider = new PhysicalFileProvider(Path.GetDirectoryName(path) is { Length: > 0 } directory && Directory.Exists(directory) ? directory : "/"),
            Path = Path.GetFileName(path),
            Optional = optional,
            // A file that does not parse must not take the running process down; what it said before stays until it does.
            OnLoadException = failure =>
            {
                _broken[path] = failure.Exception is FileNotFoundException ? "there is no such file" : failure.Exception.GetBaseException().Message;
                failure.Ignore = true;
            },
        });
    }

    private string Look() => string.Join('|', _files.Select(file => Look(file.Path)));

    private static string Look(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return $"{file.Exists}{file.LastWriteTimeUtc.Ticks}/{(file.Exists ? file.Length : 0)}/{file.ResolveLinkTarget(returnFinalTarget: true)?.FullName}";
        }
        catch (IOException fault)
        {
            return fault.Message;
        }
    }

    private sealed class JsonFile(ConfigurationFiles files, string fullPath) : JsonConfigurationSource
    {
        public override IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(this, files, fullPath);
    }

    private sealed class Provider(JsonFile source, ConfigurationFiles files, string fullPath) : JsonConfigurationProvider(source)
    {
        private volatile Tuple<IDictionary<string, string?>, ILookup<string, string>>? _children;

        public override void Load(Stream stream)
        {
            base.Load(stream);
            files._broken.Remove(fullPath);
        }

        // The framework goes through all of the file's keys for each section that is asked: for 100,000 hosts that is minutes.
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
                for (var parent = ConfigurationPath.GetParentPath(key); parent is not null && sections.Add(parent);)
                    parent = ConfigurationPath.GetParentPath(parent);
            }

            return sections.ToLookup(key => ConfigurationPath.GetParentPath(key) ?? "", key => ConfigurationPath.GetSectionKey(key), StringComparer.OrdinalIgnoreCase);
        }
    }
}
