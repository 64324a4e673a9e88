using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>
/// The headers of a message, unchanged and in their original order. The framework's collections know a hundred headers by name, store
/// content headers separately, and would parse the values: wasted work for a proxy.
/// </summary>
/// <param name="expected">The expected number of headers, as far as it is known: growing costs as much again, and each request has one
/// list.</param>
public sealed class HeaderList(int expected)
{
    private KeyValuePair<string, StringValues>[] _headers = new KeyValuePair<string, StringValues>[expected];
    private int _count;

    public ReadOnlySpan<KeyValuePair<string, StringValues>> All => _headers.AsSpan(0, _count);

    /// <summary>Adds a header that the list does not contain yet.</summary>
    public void Add(string name, StringValues values)
    {
        if (_count == _headers.Length)
            Array.Resize(ref _headers, (2 * _count) + 4);
        _headers[_count++] = new(name, values);
    }

    /// <summary>The values of a header; empty if it is absent.</summary>
    public StringValues Of(string name) => All.IndexOf(name) is >= 0 and var index ? _headers[index].Value : default;
}
