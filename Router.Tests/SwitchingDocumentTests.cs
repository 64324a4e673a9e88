using System.Text.Json;
using Router.Configuration;
using Router.Management;
using Router.Modes;
using Router.Switching;

namespace Router.Tests;

/// <summary>What instances, the store, the tool and the management interface write for each other.</summary>
public sealed class SwitchingDocumentTests
{
    [Fact]
    public void Every_member_of_a_change_that_the_tool_sends_is_read_by_the_management_interface()
    {
        var sent = new ModeChangeDocument
        {
            Mode = "maintenance",
            At = "2026-01-31T22:00:00Z",
            Until = "+45m",
            ExtendBy = "10m",
            Shorten = true,
            By = "jane",
            Reason = "restore",
            Ticket = "OPS-1",
            ReadOnlyBefore = "10s",
            CutAfter = "0s",
        };
        var errors = new ValidationErrors();

        var read = ModeChangeDocument.Read(
            JsonSerializer.SerializeToUtf8Bytes(sent, ManagementJson.Default.ModeChangeDocument),
            ManagementJson.Default.ModeChangeDocument,
            errors
        );

        errors.All.Should().BeEmpty();
        read.Should().Be(sent);
    }

    [Fact]
    public void A_version_is_a_number_on_the_wire_and_the_first_change_of_any_record_is_stored()
    {
        var record = ModeRecord.Start(ModeCatalogue.Closed, new RecordVersion(7), DateTimeOffset.UnixEpoch);

        ModeRecordText.Format(record).Should().Contain("\"version\":7").And.Contain("\"made\":7");
        RecordVersion.Unknown.Next.Should().Be(RecordVersion.NotStored.Next).And.Be(new RecordVersion(1));
        (RecordVersion.Unknown < RecordVersion.NotStored, RecordVersion.NotStored < new RecordVersion(1)).Should().Be((true, true));
        (RecordVersion.Unknown.IsStored, RecordVersion.NotStored.IsStored, new RecordVersion(1).IsStored).Should().Be((false, false, true));
    }

    [Fact]
    public void A_kind_of_the_history_is_one_lower_case_word_on_the_wire()
    {
        foreach (var kind in Enum.GetValues<HistoryKind>())
        {
            var entry = new HistoryEntry
            {
                Kind = kind,
                Version = new(1),
                Time = DateTimeOffset.UnixEpoch,
                Instance = "web-1",
                Mode = "live",
            };
            var text = ModeHistory.Text(entry);

            text.Should().Contain($"\"kind\":\"{kind.ToString().ToLowerInvariant()}\"");
            SwitchingJson.ReadHistory([text]).Should().ContainSingle().Which.Kind.Should().Be(kind);
        }
    }
}
