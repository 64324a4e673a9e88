using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Router.Modes;

/// <summary>The version of the mode's record, which grows with every change. As text and as JSON it is its number.</summary>
/// <param name="Number">1 or more for a stored record.</param>
[JsonConverter(typeof(RecordVersionConverter))]
public readonly record struct RecordVersion(long Number) : IComparable<RecordVersion>
{
    /// <summary>The version of an instance that has no mode yet: every record is newer.</summary>
    public static RecordVersion Unknown { get; } = new(-1);

    /// <summary>The version of a mode that comes from the configuration and is in no store.</summary>
    public static RecordVersion NotStored => default;

    public bool IsUnknown => this == Unknown;

    /// <summary>Whether a store holds, or held, the record.</summary>
    public bool IsStored => Number > 0;

    /// <summary>The version of the record that replaces this one.</summary>
    public RecordVersion Next => new(Math.Max(Number, 0) + 1);

    public int CompareTo(RecordVersion other) => Number.CompareTo(other.Number);

    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(RecordVersion left, RecordVersion right) => left.Number < right.Number;

    public static bool operator >(RecordVersion left, RecordVersion right) => left.Number > right.Number;

    public static bool operator <=(RecordVersion left, RecordVersion right) => left.Number <= right.Number;

    public static bool operator >=(RecordVersion left, RecordVersion right) => left.Number >= right.Number;
}

internal sealed class RecordVersionConverter : JsonConverter<RecordVersion>
{
    public override RecordVersion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, RecordVersion value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Number);
}
