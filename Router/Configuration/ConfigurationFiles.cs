using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration.Json;

namespace Router.Configuration;

/// <summary>
/// The configuration's layers, each before the one above it: the file (Router's own <c>appsettings.json</c> with the one for the
/// environment, or the one that the operator names in their place), the site's own variables, the environment in the .NET way.
/// Files are watched.
/// </summary>
public sealed class ConfigurationFiles
{
    private readonly ConcurrentDictionary<string, string> _broken = new();

    /// <summary>Adds the layers to a configuration.</summary>
    /// <param name="configuration">What is built.</param>
    /// <param name="directory">Where <c>appsettings.json</c> stands.</param>
    /// <param name="environmentName">The environment's name, such as Production.</param>
    /// <param name="instead">A file to take in place of those there, or null.</param>
    /// <param name="environment">Reads an environment variable.</param>
    public void AddTo(IConfigurationBuilder configuration, string directory, string environmentName, string? instead, Func<string, string?> environment)
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

        var declared = ConfigurationVariables.From(configuration is IConfiguration built ? built : configuration.Build());
        configuration.AddInMemoryCollection(declared.Values(environment));
        configuration.AddEnvironmentVariables();
    }

    /// <summary>Notes the files that can't be read.</summary>
    public void AddFaults(Faults faults)
    {
        foreach (var (path, problem) in _broken)
            faults.Add(path, $"can't be read: {problem.TrimEnd('.')}", "Mend the file");
    }

    private void Add(IConfigurationBuilder configuration, string path, bool optional)
    {
        var source = new WatchedFile(this, path) { Path = path, Optional = optional, ReloadOnChange = true, ReloadDelay = 100 };
        source.ResolveFileProvider();
        // A file that does not parse must not take the running process down, nor be taken for an empty one.
        source.OnLoadException = failure =>
        {
            _broken[path] = (failure.Exception.InnerException ?? failure.Exception).Message;
            failure.Ignore = true;
        };
        configuration.Add(source);
        if (!optional && !File.Exists(path))
            _broken[path] = "there is no such file";
    }

    private sealed class WatchedFile(ConfigurationFiles files, string fullPath) : JsonConfigurationSource
    {
        public override IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(this, files, fullPath);
    }

    private sealed class Provider(WatchedFile source, ConfigurationFiles files, string fullPath) : JsonConfigurationProvider(source)
    {
        private volatile Tuple<IDictionary<string, string?>, ILookup<string, string>>? _children;

        public override void Load(Stream stream)
        {
            base.Load(stream);
            files._broken.TryRemove(fullPath, out _);
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
