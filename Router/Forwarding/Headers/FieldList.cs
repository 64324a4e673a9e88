using System.Runtime.InteropServices;
using Microsoft.Extensions.Primitives;
using Router.Answers;

namespace Router.Forwarding.Headers;

/// <summary>
/// The fields of a message in their order, as they are. The framework's collections know a hundred fields by name, keep those that speak of the
/// content apart, and would parse them: on the way through that is work for nothing.
/// </summary>
/// <param name="usual">How many there usually are: to grow costs as much again.</param>
public sealed class FieldList(int usual)
{
    private readonly List<KeyValuePair<string, StringValues>> _fields = new(usual);

    /// <summary>The fields.</summary>
    public ReadOnlySpan<KeyValuePair<string, StringValues>> All => CollectionsMarshal.AsSpan(_fields);

    /// <summary>Adds a field whose name is not there yet.</summary>
    public void Add(string name, StringValues values) => _fields.Add(new(name, values));

    /// <summary>Adds a value, to the field of that name where there is one (RFC 9110 section 5.2).</summary>
    public void Append(string name, string value)
    {
        if (All.IndexOf(name) is >= 0 and var index)
            _fields[index] = new(_fields[index].Key, StringValues.Concat(_fields[index].Value, value));
        else
            Add(name, value);
    }

    /// <summary>The values of a field; none where it is not there.</summary>
    public StringValues Of(string name) => All.IndexOf(name) is >= 0 and var index ? _fields[index].Value : default;
}
