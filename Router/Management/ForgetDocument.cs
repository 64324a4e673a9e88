using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Modes;

namespace Router.Management;

/// <summary>The vanished instances that an operator has acknowledged.</summary>
/// <param name="Forgotten">Their ids.</param>
public sealed record ForgetDocument(ImmutableArray<string> Forgotten);

/// <summary>The body of a request to acknowledge that a vanished instance has ended.</summary>
/// <param name="Instance">Its name or id.</param>
/// <param name="By">The operator.</param>
public sealed record ForgetRequestDocument(string? Instance, string? By)
{
    public static ForgetRequestDocument Read(ReadOnlyMemory<byte> json, JsonTypeInfo<ForgetRequestDocument> type, ValidationErrors errors)
    {
        var read = OperatorMembers.Read(
            json,
            type,
            "{\"instance\": \"router-1\"}",
            errors,
            new ForgetRequestDocument(null, null),
            members => new ForgetRequestDocument(members.Text("instance"), members.Text("by"))
        );
        if (read.Instance is null && !errors.Any)
            errors.Add("instance", "is not given", "Give the name or the id of a vanished instance");
        OperatorText.Check("by", read.By, errors);
        return read;
    }
}
