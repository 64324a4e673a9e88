using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Management;

namespace Router.Tests;

/// <summary>The operator's commands in the documents are run, in their order, against a running Router.</summary>
public sealed partial class DocumentedCommandTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("deploy/RUNBOOK.md")]
    [InlineData("deploy/OPERATING.md")]
    public async Task Every_operators_command_of_a_document_does_what_it_says(string path)
    {
        await using var backend = WireMockBackend.RespondingText("forwarded");
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Instance", "router-1").Set("Management:Url", "http://127.0.0.1:0")
        );
        var url = router.App.Services.GetRequiredService<ManagementServer>().Url!;
        var commands = Document.At(path).Commands.Where(command => Operators().IsMatch(command)).ToArray();

        commands.Should().HaveCountGreaterThan(3);
        foreach (var command in commands)
        {
            // One instance instead of three, no time of day, which may have passed, and no ten seconds to wait.
            var here = command
                .Replace("--expect 3", "--expect 1", StringComparison.Ordinal)
                .Replace("--until 23:30", "--until +2h", StringComparison.Ordinal)
                .Replace("--at 22:00", "--at +1h", StringComparison.Ordinal)
                .Replace("--read-only-before 10s", "--read-only-before 10ms", StringComparison.Ordinal);
            if (here.StartsWith("router downtime ", StringComparison.Ordinal))
            {
                await DowntimeAsync(here);
                continue;
            }

            // A stage lasts until there are enough requests: ReopeningCommandTests waits for the last one.
            if (here.Contains("--stages", StringComparison.Ordinal))
            {
                here = here.Replace("--wait", "", StringComparison.Ordinal);
                // A reference opens what a downtime has closed.
                if (router.Modes().Current.Name == "live")
                    (await Tool.RunAsync(url, "mode", "set", "maintenance", "--until", "+2h", "--wait")).Code.Should().Be(0);
            }

            var (code, output, errors) = await Tool.RunAsync(url, Document.Arguments(here));

            code.Should().Be(ExpectedOf(here, output), $"{command} printed {output}{errors}");
        }

        // A window of its own, between two commands of the document: with a command that exists here, a check at this front door, and its
        // files in a directory of the test.
        async Task DowntimeAsync(string command)
        {
            var directory = Directory.CreateTempSubdirectory("router-documented-").FullName;
            var isResumed = command.Contains("--resume", StringComparison.Ordinal);
            if (!isResumed)
                (await Tool.RunAsync(url, "mode", "set", "live", "--wait")).Code.Should().Be(0);
            var here = command
                .Replace("-- ./restore.sh production.dump", "-- true", StringComparison.Ordinal)
                .Replace(
                    "--check https://www.example.org/",
                    $"--check http://www.example.org/ --check-via http://{router.Endpoint}",
                    StringComparison.Ordinal
                )
                .Replace("--report window.html", $"--report {directory}/window.html", StringComparison.Ordinal)
                .Replace("router downtime", $"router downtime --state {directory}", StringComparison.Ordinal);
            var (code, output, errors) = await Tool.RunAsync(url, Document.Arguments(here));
            Directory.Delete(directory, recursive: true);

            // There is no window of the tool's to resume.
            code.Should().Be(isResumed ? ExitCode.NotDone : 0, $"{command} printed {output}{errors}");
            if (!isResumed)
                (await Tool.RunAsync(url, "mode", "set", "maintenance", "--until", "+2h", "--wait")).Code.Should().Be(0);
        }
    }

    // A mode that is shown is not SAFE where the site is open, or open to testers; the instance of the example is not there.
    private static int ExpectedOf(string command, string output) =>
        command.Contains("fleet forget", StringComparison.Ordinal) ? ExitCode.NotDone
        : Shows().IsMatch(command)
        && !output.EndsWith("SAFE\n", StringComparison.Ordinal)
        && !output.Contains("\"safe\": true", StringComparison.Ordinal)
            ? ExitCode.NotDone
        : 0;

    [GeneratedRegex("^router (mode|bypass|explain|fleet|writes|downtime)( |$)")]
    private static partial Regex Operators();

    [GeneratedRegex("^router mode( --|$)")]
    private static partial Regex Shows();
}
