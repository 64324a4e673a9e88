using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Modes;
using Router.Switching;

namespace Router.Management;

/// <summary>The body of a request to steer a reopening in stages.</summary>
/// <param name="Action">advance, pause or resume.</param>
/// <param name="By">The operator.</param>
public sealed record StageActionDocument(string? Action, string? By)
{
    public static StageActionDocument Read(ReadOnlyMemory<byte> json, JsonTypeInfo<StageActionDocument> type, ValidationErrors errors)
    {
        var read = OperatorMembers.Read(
            json,
            type,
            "{\"action\": \"pause\"}",
            errors,
            new StageActionDocument(null, null),
            members => new StageActionDocument(members.Text("action"), members.Text("by"))
        );
        if (read.Action is not ("advance" or "pause" or "resume") && !errors.Any)
            errors.Add("action", read.Action is null ? "is not given" : $"is '{read.Action}'", "Send advance, pause or resume");
        return read;
    }

    /// <summary>The change that is asked for. To be used only if the document is valid.</summary>
    public ChangeRequest ToChange() =>
        Action switch
        {
            "advance" => Change(
                HistoryKind.Stage,
                "begun at once",
                (state, now, delay, errors) => ReopeningChanges.Advance(state.Record, state.Index, By, now, delay, errors)
            ),
            "pause" => Change(
                HistoryKind.Paused,
                "the reopening stays at its stage",
                (state, now, _, errors) => ReopeningChanges.Pause(state.Record, state.Index, true, now, errors)
            ),
            _ => Change(
                HistoryKind.Resumed,
                "the reopening continues",
                (state, now, _, errors) => ReopeningChanges.Pause(state.Record, state.Index, false, now, errors)
            ),
        };

    private ChangeRequest Change(HistoryKind kind, string text, RecordChange apply) => new(kind, apply) { Note = new ChangeNote(By, text) };
}
