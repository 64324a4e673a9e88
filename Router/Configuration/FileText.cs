using System.Security;

namespace Router.Configuration;

/// <summary>Reads files that an operator named. An unreadable file is a reported error, never a propagated exception.</summary>
public static class FileText
{
    // errno(3), which the runtime passes on: ENFILE and EMFILE.
    private const int NoDescriptorOfSystem = 23;
    private const int NoDescriptorOfProcess = 24;

    /// <summary>Whether an exception means that a file or directory cannot be read, and not that there is a bug.</summary>
    public static bool IsUnreadable(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or SecurityException or NotSupportedException or ArgumentException;

    /// <summary>The file's bytes; null if it cannot be read, with the reason and a hint.</summary>
    public static byte[]? TryRead(string path, out string problem, out string hint)
    {
        (problem, hint) = ("", "");
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (IsUnreadable(failure))
        {
            (problem, hint) = (Problem(path, failure), Hint(path, failure));
            return null;
        }
    }

    /// <summary>The bytes of a file in a directory; null with a validation error if it is missing or cannot be read.</summary>
    /// <param name="name">The file name, without a directory.</param>
    /// <param name="key">The key that names it.</param>
    /// <param name="hint">The hint where there is no such file.</param>
    /// <param name="errors">Receives the validation error.</param>
    public static byte[]? Read(string directory, string name, string key, string hint, ValidationErrors errors)
    {
        var path = Path.Combine(directory, name);
        if (Path.GetFileName(name) != name || FileStamp.Of(path) == FileStamp.Missing)
            errors.Add(key, $"'{name}' is not a file in {directory}", hint);
        else if (TryRead(path, out var problem, out var repair) is { } content)
            return content;
        else
            errors.Add(key, $"'{path}' can't be read: {problem}", repair);
        return null;
    }

    /// <summary>The hint for a file or directory that cannot be read.</summary>
    public static string Hint(string path, Exception failure) =>
        failure switch
        {
            FileNotFoundException or DirectoryNotFoundException =>
                "Create it, or correct the path; a relative path is relative to the file that names it",
            UnauthorizedAccessException when File.Exists(path) is false && Directory.Exists(path) => "Name a file",
            UnauthorizedAccessException or SecurityException => "Let Router's user read it",
            IOException { HResult: NoDescriptorOfProcess or NoDescriptorOfSystem } =>
                "Raise the limit of open files (LimitNOFILE, ulimit -n, fs.file-max) or lower Router:Limits:MaxConnections, then reload "
                    + "(SIGHUP or router reload)",
            _ when new FileInfo(path).LinkTarget is { } target => $"Correct the symbolic link, which points to '{target}'",
            _ => "Check the path and the file system",
        };

    /// <summary>Why a file cannot be read, without its name.</summary>
    public static string Problem(string path, Exception failure) =>
        failure switch
        {
            FileNotFoundException => "the file does not exist",
            DirectoryNotFoundException => "neither the file nor its directory exists",
            UnauthorizedAccessException when Directory.Exists(path) => "it is a directory",
            UnauthorizedAccessException => "access is denied",
            _ => failure.Message.Replace($" : '{path}'", "", StringComparison.Ordinal).TrimEnd('.'),
        };
}
