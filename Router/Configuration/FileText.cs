using System.Security;

namespace Router.Configuration;

/// <summary>Reads files that an operator named. A file that can't be read is an error to report, never an exception that travels on.</summary>
public static class FileText
{
    /// <summary>Whether an exception says that a file or directory can't be read, and not that the program is wrong.</summary>
    public static bool IsUnreadable(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or SecurityException or NotSupportedException or ArgumentException;

    /// <summary>The file's bytes; null where it can't be read, and then why.</summary>
    public static byte[]? TryRead(string path, out string problem)
    {
        problem = "";
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (IsUnreadable(failure))
        {
            problem = Problem(path, failure);
            return null;
        }
    }

    /// <summary>Why a file can't be read, without its name.</summary>
    public static string Problem(string path, Exception failure) => failure switch
    {
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "there is no such file, and no such directory",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a directory",
        UnauthorizedAccessException => "access is denied",
        _ => failure.Message.Replace($" : '{path}'", "", StringComparison.Ordinal).TrimEnd('.'),
    };
}
