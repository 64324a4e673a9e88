using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Router.Management;

/// <summary>
/// The events of the operator's page. It keeps the bytes of every part that was sent, and sends a part again only when they have changed.
/// Each instance is sent on its own.
/// </summary>
public sealed class LiveEvents
{
    /// <summary>A comment that says only that the connection works.</summary>
    public static readonly ReadOnlyMemory<byte> Heartbeat = ":\n\n"u8.ToArray();

    // No operator can expect it.
    private const int NotExpected = 0;

    private readonly Dictionary<string, byte[]> _parts = [];
    private readonly Dictionary<string, byte[]> _instances = [];
    private readonly List<string> _changedParts = [];
    private readonly Dictionary<int, byte[]> _verdicts = [];
    private readonly HashSet<int> _changedVerdicts = [];
    private readonly List<string> _changedInstances = [];

    /// <summary>Takes the document as it is now.</summary>
    public void Take(LiveDocument document)
    {
        _changedVerdicts.Clear();
        _changedParts.Clear();
        _changedInstances.Clear();
        var json = ManagementJson.Default;
        Part("site", document.Site, json.LiveSite);
        Part("mode", document.Mode, json.ModeDocument);
        Part("inFlight", document.InFlight, json.ImmutableArrayLiveRequest);
        Part("backends", document.Backends, json.ImmutableArrayLiveBackend);
        Part("writes", document.Writes, json.ImmutableArrayLiveWrite);
        Part("history", document.History, json.ImmutableArrayHistoryEntry);
        foreach (var (expect, verdict) in document.Verdicts)
        {
            if (Replace(_verdicts, expect ?? NotExpected, verdict, json.LiveVerdict))
                _changedVerdicts.Add(expect ?? NotExpected);
        }

        foreach (var gone in _verdicts.Keys.Except(document.Verdicts.Select(it => it.Expect ?? NotExpected)).ToArray())
            _verdicts.Remove(gone);
        foreach (var instance in document.Instances)
        {
            if (Replace(_instances, instance.Id, instance, json.LiveInstance))
                _changedInstances.Add(instance.Id);
        }

        foreach (var gone in _instances.Keys.Except(document.Instances.Select(instance => instance.Id)).ToArray())
        {
            _instances.Remove(gone);
            _changedInstances.Add(gone);
        }
    }

    /// <summary>An event with what the last <see cref="Take"/> has changed; a comment if nothing has changed.</summary>
    public ReadOnlyMemory<byte> Changes(int? expect, DateTimeOffset now)
    {
        var verdict = _changedVerdicts.Contains(expect ?? NotExpected) ? _verdicts[expect ?? NotExpected] : null;
        return _changedParts is [] && _changedInstances is [] && verdict is null
            ? Heartbeat
            : Event(now, isWhole: false, verdict, _changedParts, _changedInstances);
    }

    /// <summary>An event with everything, for a page that has nothing yet.</summary>
    public ReadOnlyMemory<byte> Whole(int? expect, DateTimeOffset now) =>
        Event(now, isWhole: true, _verdicts[expect ?? NotExpected], _parts.Keys, _instances.Keys);

    /// <summary>The first event of a page.</summary>
    public static ReadOnlyMemory<byte> Access(bool isReadOnly) =>
        isReadOnly
            ? "event: access\ndata: {\"readOnly\":true}\n\n"u8.ToArray()
            : "event: access\ndata: {\"readOnly\":false}\n\n"u8.ToArray();

    private void Part<T>(string name, T part, JsonTypeInfo<T> type)
    {
        if (Replace(_parts, name, part, type))
            _changedParts.Add(name);
    }

    private static bool Replace<TKey, T>(Dictionary<TKey, byte[]> sent, TKey key, T value, JsonTypeInfo<T> type)
        where TKey : notnull
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        if (sent.TryGetValue(key, out var before) && before.AsSpan().SequenceEqual(bytes))
            return false;
        sent[key] = bytes;
        return true;
    }

    // The JSON is on one line, as the format demands: its strings have their line breaks escaped.
    private ReadOnlyMemory<byte> Event(
        DateTimeOffset now,
        bool isWhole,
        byte[]? verdict,
        IEnumerable<string> parts,
        IEnumerable<string> instances
    )
    {
        var text = new MemoryStream();
        text.Write("event: update\ndata: "u8);
        using (var writer = new Utf8JsonWriter(text))
        {
            writer.WriteStartObject();
            writer.WriteString("now", now);
            writer.WriteBoolean("whole", isWhole);
            if (verdict is not null)
            {
                writer.WritePropertyName("verdict");
                writer.WriteRawValue(verdict, skipInputValidation: true);
            }

            foreach (var part in parts)
            {
                writer.WritePropertyName(part);
                writer.WriteRawValue(_parts[part], skipInputValidation: true);
            }

            writer.WriteStartObject("instances");
            foreach (var id in instances)
            {
                writer.WritePropertyName(id);
                if (_instances.TryGetValue(id, out var instance))
                    writer.WriteRawValue(instance, skipInputValidation: true);
                else
                    writer.WriteNullValue();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        text.Write("\n\n"u8);
        return text.ToArray();
    }
}
