using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Modes;

namespace Router.Management;

/// <summary>The body of a request to issue a bypass.</summary>
/// <param name="For">For how long, such as 2h.</param>
/// <param name="Address">By which address or range; null for a token.</param>
/// <param name="Note">For whom and what.</param>
/// <param name="By">The operator.</param>
public sealed record BypassRequestDocument(string? For, string? Address, string? Note, string? By)
{
    public static BypassRequestDocument Read(
        ReadOnlyMemory<byte> json,
        JsonTypeInfo<BypassRequestDocument> type,
        ValidationErrors errors
    ) =>
        OperatorMembers.Read(
            json,
            type,
            "{\"for\": \"2h\"}",
            errors,
            new BypassRequestDocument(null, null, null, null),
            members => new BypassRequestDocument(members.Text("for"), members.Text("address"), members.Text("note"), members.Text("by"))
        );

    /// <summary>What is asked for. Valid only if <paramref name="errors"/> stays empty.</summary>
    public BypassRequest ToRequest(ValidationErrors errors) =>
        new(
            OperatorMembers.Duration("for", For, errors) ?? Bypass.DefaultDuration,
            Address,
            string.IsNullOrWhiteSpace(By) ? null : By,
            Note
        );
}
