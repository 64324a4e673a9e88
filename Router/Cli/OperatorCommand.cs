using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Router.Management;
using Router.Pages;

namespace Router.Cli;

/// <summary>What the commands for a running Router have in common.</summary>
internal static class OperatorCommand
{
    /// <summary>Runs a command with a client of the management interface, and turns its failure into a message and an exit code.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="command">The command.</param>
    /// <param name="isVerdict">Whether the exit code says more than that a request was carried out: without it, nothing may begin.</param>
    public static async Task<int> GuardAsync(ParseResult parsed, Func<ManagementClient, Task<int>> command, bool isVerdict = false)
    {
        try
        {
            using var client = new ManagementClient(
                ManagementAccess.Find(
                    StartArguments.Of(parsed),
                    parsed.GetValue(OperatorOptions.Url),
                    parsed.GetValue(OperatorOptions.TokenFile)
                )
            );
            return await command(client).ConfigureAwait(false);
        }
        catch (CommandFailedException failed)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(failed.Message).ConfigureAwait(false);
            return failed.Code;
        }
        catch (IOException error) when (OperatorConsole.IsClosed(error))
        {
            // The request was carried out, but nobody has read the result.
            return isVerdict || parsed.GetValue(OperatorOptions.Wait) ? ExitCode.NotDone : 0;
        }
    }

    /// <summary>The instances and the verdict.</summary>
    public static Task<FleetDocument> FleetAsync(ParseResult parsed, ManagementClient client) =>
        FleetAsync(client, parsed.GetValue(OperatorOptions.Expect));

    /// <summary>The instances and the verdict.</summary>
    public static Task<FleetDocument> FleetAsync(ManagementClient client, int? expect) =>
        client.AskAsync(
            HttpMethod.Get,
            expect is { } number ? string.Create(CultureInfo.InvariantCulture, $"/fleet?expect={number}") : "/fleet",
            ManagementJson.Default.FleetDocument
        );

    public static string NameOfOperator(ParseResult parsed) =>
        OperatorName.Of(
            parsed.GetValue(OperatorOptions.By) ?? parsed.GetValue(OperatorOptions.Operator),
            ToolContext.Of(parsed).Variables,
            Environment.UserName
        );

    public static int Print<T>(ParseResult parsed, T document, JsonTypeInfo<T> type, Action<T, TextWriter> write)
    {
        if (parsed.GetValue(OperatorOptions.Json))
            parsed.InvocationConfiguration.Output.Write(ReadableJson.Text(document, type));
        else
            write(document, parsed.InvocationConfiguration.Output);
        return 0;
    }
}
