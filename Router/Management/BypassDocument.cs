using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Modes;

namespace Router.Management;

/// <summary>A bypass, as the management interface shows it.</summary>
/// <param name="Id">Identifies its uses in the access log.</param>
/// <param name="Until">When it ends at the latest; it also ends with the window.</param>
/// <param name="Address">The address or range that it is for; null if it is by token.</param>
/// <param name="By">Who issued it.</param>
/// <param name="Note">For whom and what.</param>
public sealed record BypassDocument(string Id, DateTimeOffset Until, string? Address, string? By, string? Note)
{
    /// <summary>The token, in the response that issues it, and never again.</summary>
    public string? Token { get; init; }

    public static BypassDocument Of(Bypass bypass) => new(bypass.Id, bypass.Until, bypass.Addresses, bypass.By, bypass.Note);
}

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
            OperatorMembers.Duration("for", For, errors) ?? TimeSpan.FromHours(1),
            Address,
            string.IsNullOrWhiteSpace(By) ? null : By,
            Note
        );
}

/// <summary>A bypass that an operator asks for.</summary>
public sealed record BypassRequest(TimeSpan For, string? Address, string? By, string? Note);
