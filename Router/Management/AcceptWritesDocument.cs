using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Modes;

namespace Router.Management;

/// <summary>The body of a request to accept the writes of unknown outcome as settled.</summary>
/// <param name="By">The operator.</param>
/// <param name="Note">What was checked.</param>
/// <param name="Until">
/// Only those up to this time are accepted, which is that of the list that was checked; null for now. Others may be cut meanwhile.
/// </param>
public sealed record AcceptWritesDocument(string? By, string? Note, DateTimeOffset? Until = null)
{
    public static AcceptWritesDocument Read(ReadOnlyMemory<byte> json, JsonTypeInfo<AcceptWritesDocument> type, ValidationErrors errors)
    {
        var read = OperatorMembers.Read(
            json,
            type,
            "{\"note\": \"checked in the application's log\"}",
            errors,
            new AcceptWritesDocument(null, null),
            members => new AcceptWritesDocument(
                members.Text("by"),
                members.Text("note"),
                OperatorMembers.Time("until", members.Text("until"), DateTimeOffset.UtcNow, errors)
            )
        );
        OperatorText.Check("note", read.Note, errors);
        return read;
    }
}
