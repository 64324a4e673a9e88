using System.CommandLine.Parsing;
using System.Globalization;
using Router.Configuration;
using Router.Management;
using Router.Modes;

namespace Router.Cli;

/// <summary>Validates the values of options before anything is sent: a switch that was made cannot be reported as invalid usage.</summary>
internal static class OptionParsers
{
    private const int MaxUrl = 4000;

    /// <summary>How much to add to the announced end.</summary>
    public static string? Extension(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value.TrimStart('+');
        if (ConfigurationReader.TryDuration(text, out _))
            return text;
        argument.AddError(
            $"--by is '{argument.Tokens[0].Value}', which is not a duration. Give how much to add to the announced end, such as 45m. "
                + $"Your name goes to --operator."
        );
        return null;
    }

    /// <summary>How long to wait.</summary>
    public static string? Timeout(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (ConfigurationReader.TryDuration(text, out var span) && span > TimeSpan.Zero)
            return text;
        argument.AddError($"--timeout is '{text}', which is not a duration. Give how long to wait, such as 10m.");
        return null;
    }

    /// <summary>The duration that an option has; null without the option.</summary>
    public static TimeSpan? Duration(string? text) => text is not null && ConfigurationReader.TryDuration(text, out var span) ? span : null;

    /// <summary>The number of instances.</summary>
    public static int? Instances(ArgumentResult argument) =>
        int.TryParse(argument.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is >= 1 and <= FleetDocument.MaxExpected
            ? number
            : Wrong<int>(argument, $"the number of instances, from 1 to {FleetDocument.MaxExpected}");

    /// <summary>The minimum number of requests for a limit.</summary>
    public static int? Requests(ArgumentResult argument) =>
        int.TryParse(argument.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : Wrong<int>(argument, "a number of requests, such as 200");

    /// <summary>The version of the record.</summary>
    public static long? Version(ArgumentResult argument) =>
        long.TryParse(argument.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : Wrong<long>(argument, "the version that router mode shows, such as 7");

    /// <summary>Rejects a text that no instance accepts: a command line can be longer than a request.</summary>
    public static void Length(SymbolResult result)
    {
        var (name, maxLength) = result is OptionResult option ? (option.Option.Name, OperatorText.MaxLength) : ("url", MaxUrl);
        if (result.Tokens.FirstOrDefault(token => token.Value.Length > maxLength) is { } token)
            result.AddError($"{name} has {token.Value.Length} characters. Give up to {maxLength}.");
    }

    private static T? Wrong<T>(ArgumentResult argument, string hint)
        where T : struct
    {
        argument.AddError($"{((OptionResult)argument.Parent!).Option.Name} is '{argument.Tokens[0].Value}'. Give {hint}.");
        return null;
    }
}
