using System.Text.RegularExpressions;

namespace Router.Configuration;

/// <summary>
/// Makes the commands that a running instance recommends in its messages point to that very instance: another one may have the tool's
/// default address.
/// </summary>
public static partial class ToolHint
{
    /// <summary>
    /// The message, in which each command of the tool for running instances has <c>--url</c>, unless the address is the default one.
    /// </summary>
    /// <param name="url">The address of the management interface; null if there is none.</param>
    public static string At(string message, string? url) =>
        url is null or ManagementSettings.DefaultUrl ? message : CommandPath().Replace(message, command => $"{command.Value} --url {url}");

    // The whole command before its options: between its words, an option reads as if it belonged elsewhere.
    [GeneratedRegex(
        @"\brouter (mode( (set|stages) [\w-]+| (extend|cancel|history)\b)?|bypass( revoke \w+)?|fleet( forget \S+\b)?"
            + @"|writes( accept)?|downtime|explain|reload)\b",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex CommandPath();
}
