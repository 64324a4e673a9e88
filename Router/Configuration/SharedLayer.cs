using Microsoft.Extensions.Primitives;

namespace Router.Configuration;

/// <summary>
/// A layer of the running configuration, as used by a candidate configuration: building the candidate neither loads the layer again nor
/// subscribes to it.
/// </summary>
internal sealed class SharedLayer(IConfigurationProvider layer) : IConfigurationProvider
{
    private static readonly CancellationChangeToken Never = new(CancellationToken.None);

    public IConfigurationProvider Layer => layer;

    public bool TryGet(string key, out string? value) => layer.TryGet(key, out value);

    public void Set(string key, string? value) => throw new NotSupportedException("The layer belongs to the running configuration.");

    public IChangeToken GetReloadToken() => Never;

    public void Load()
    {
        // Already loaded.
    }

    public IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) =>
        layer.GetChildKeys(earlierKeys, parentPath);
}
