using Microsoft.Extensions.Primitives;

namespace Router.Configuration;

/// <summary>
/// A layer of the running configuration, seen from another one that is only tried: to build that one neither loads the layer again nor
/// listens to it.
/// </summary>
internal sealed class SharedLayer(IConfigurationProvider layer) : IConfigurationProvider
{
    private static readonly CancellationChangeToken Never = new(CancellationToken.None);

    public bool TryGet(string key, out string? value) => layer.TryGet(key, out value);

    public void Set(string key, string? value) => throw new NotSupportedException("The layer belongs to the running configuration.");

    public IChangeToken GetReloadToken() => Never;

    public void Load()
    {
        // It is loaded.
    }

    public IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) =>
        layer.GetChildKeys(earlierKeys, parentPath);
}
