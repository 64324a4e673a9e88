using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Modes;
using Router.Switching;

namespace Router.Management;

/// <summary>The instances and the verdict.</summary>
public sealed record FleetDocument
{
    /// <summary>The largest number of instances that can be expected.</summary>
    public const int MaxExpected = 10_000;

    public required string Mode { get; init; }

    public required RecordVersion Version { get; init; }

    /// <summary>The verdict, for scripts.</summary>
    public required VerdictState State { get; init; }

    /// <summary>Whether a restore may begin.</summary>
    public required bool Safe { get; init; }

    /// <summary>The verdict in one line.</summary>
    public required string Verdict { get; init; }

    /// <summary>Why it is not safe.</summary>
    public required ImmutableArray<string> Reasons { get; init; }

    /// <summary>Notes that do not change the verdict.</summary>
    public required ImmutableArray<string> Notes { get; init; }

    /// <summary>Whether every live instance, and the expected number of them, has confirmed the record and its step in force.</summary>
    public required bool Agreed { get; init; }

    /// <summary>The mode in detail: since when, by whom, why, until when, what is scheduled.</summary>
    public required ModeDocument Current { get; init; }

    /// <summary>The last writes of every backend through any instance.</summary>
    public required ImmutableArray<BackendWrites> LastWrites { get; init; }

    public required ImmutableArray<InstanceDocument> Instances { get; init; }
}

/// <param name="State">Its lifecycle state.</param>
/// <param name="SeenSecondsAgo">How many seconds ago the store took its last report.</param>
/// <param name="Report">What it reported.</param>
public sealed record InstanceDocument(InstanceState State, double SeenSecondsAgo, InstanceReport Report);

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
