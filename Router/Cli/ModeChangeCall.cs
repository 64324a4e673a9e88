using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Router.Configuration;
using Router.Management;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary>Sends a change of the mode, or of its announcement, to the management interface.</summary>
internal static class ModeChangeCall
{
    /// <summary>The members that every change has, from the options.</summary>
    public static ModeChangeDocument Document(ParseResult parsed) =>
        new()
        {
            By = OperatorCommand.NameOfOperator(parsed),
            Reason = parsed.GetValue(Reason),
            Ticket = parsed.GetValue(Ticket),
            Until = Time(parsed, Until),
            CutAfter = parsed.GetValue(CutAfter),
            HoldTimeout = parsed.GetValue(HoldTimeout),
            // An instance of an earlier release rejects members that it does not know.
            Shorten = parsed.GetValue(Shorten) ? true : null,
        };

    /// <summary>Sends the change, or asks what it would do.</summary>
    public static Task<ChangeDocument> SendAsync(ParseResult parsed, ManagementClient client, HttpMethod method, ModeChangeDocument sent) =>
        client.AskAsync(
            method,
            parsed.GetValue(DryRun) ? "/mode?dryRun=true" : "/mode",
            ManagementJson.Default.ChangeDocument,
            JsonSerializer.Serialize(sent, ManagementJson.Default.ModeChangeDocument),
            parsed.GetValue(IfVersion)
        );

    /// <summary>An option's time as the management interface takes it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="output">Where a local time is explained; standard output where it is left out.</param>
    public static string? Time(ParseResult parsed, Option<string?> option, TextWriter? output = null)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        // Relative to the fleet's clock, which this machine does not know; the response shows the resulting time.
        return text.StartsWith('+') && ConfigurationReader.TryDuration(text[1..], out _)
            ? text
            : Instant(parsed, option, output)?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>An option's time, by this machine's clock where it is relative.</summary>
    /// <inheritdoc cref="Time"/>
    public static DateTimeOffset? Instant(ParseResult parsed, Option<string?> option, TextWriter? output = null)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        if (!OperatorTime.TryParse(text, TimeProvider.System, out var time, out var problem))
            throw new CommandFailedException(ExitCode.WrongUse, $"{option.Name}: {problem}");
        if (!parsed.GetValue(Json))
            (output ?? parsed.InvocationConfiguration.Output).WriteLine(
                $"{option.Name} {text} is {OperatorTime.Describe(time, TimeZoneInfo.Local)}"
            );
        return time;
    }
}
