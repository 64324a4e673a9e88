using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>
/// The fields of a message in their order, as they are. The framework's collections know a hundred fields by name, keep those that speak of
/// the content apart, and would parse them: on the way through that is work for nothing.
/// </summary>
/// <param name="expected">How many there will be, as far as that is known: to grow costs as much again, and each request has one of
/// these.</param>
public sealed class HeaderList(int expected)
{
    private KeyValuePair<string, StringValues>[] _fields = new KeyValuePair<string, StringValues>[expected];
    private int _count;

    /// <summary>The fields.</summary>
    public ReadOnlySpan<KeyValuePair<string, StringValues>> All => _fields.AsSpan(0, _count);

    /// <summary>Adds a field whose name is not there yet.</summary>
    public void Add(string name, StringValues values)
    {
        if (_count == _fields.Length)
            Array.Resize(ref _fields, (2 * _count) + 4);
        _fields[_count++] = new(name, values);
    }

    /// <summary>The values of a field; none where it is not there.</summary>
    public StringValues Of(string name) => All.IndexOf(name) is >= 0 and var index ? _fields[index].Value : default;
}
