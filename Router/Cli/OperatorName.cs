using System.Globalization;
using Router.Configuration;

namespace Router.Cli;

/// <summary>The name to which a change is attributed.</summary>
public static class OperatorName
{
    /// <summary>
    /// The given name, otherwise the user who called <c>sudo</c>, otherwise the login name; in a container a user often has no name, and
    /// the user id is used.
    /// </summary>
    public static string Of(string? given, EnvironmentVariables environment, string login)
    {
        foreach (var name in new[] { given, environment["SUDO_USER"], login })
        {
            if (!string.IsNullOrWhiteSpace(name))
                return name.Trim();
        }

        return UserId() is { } id ? string.Create(CultureInfo.InvariantCulture, $"uid {id}") : "unknown";
    }

    // proc(5): real, effective, saved and file system user. Without /proc, every user has a name.
    private static uint? UserId()
    {
        const string file = "/proc/self/status";
        var line = File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal))
            : null;
        return
            line?.Split('\t') is [_, _, var effective, ..]
            && uint.TryParse(effective, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : null;
    }
}
