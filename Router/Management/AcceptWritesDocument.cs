using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Modes;

namespace Router.Management;

/// <summary>The body of a request to accept the writes of unknown outcome as settled.</summary>
/// <param name="By">The operator.</param>
/// <param name="Note">What was checked.</param>
public sealed record AcceptWritesDocument(string? By, string? Note)
{
    public static AcceptWritesDocument Read(ReadOnlyMemory<byte> json, JsonTypeInfo<AcceptWritesDocument> type, ValidationErrors errors)
    {
        var read = OperatorMembers.Read(
            json,
            type,
            "{\"note\": \"checked in the application's log\"}",
            errors,
            new AcceptWritesDocument(null, null),
            members => new AcceptWritesDocument(members.Text("by"), members.Text("note"))
        );
        OperatorText.Check("note", read.Note, errors);
        return read;
    }
}
