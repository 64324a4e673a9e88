using System.Text;

namespace Router.Cli.Downtime;

/// <summary>Writes files as a whole: a reader sees the old text or the new one.</summary>
internal static class PrivateFile
{
    /// <summary>For the owner alone: the command's arguments, and what visitors were doing, concern nobody else on the machine.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>For everybody: what goes into the ticket.</summary>
    public const UnixFileMode Public = Mode | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Opens a file for one process at a time.</summary>
    public static FileStream Open(string path, FileMode open, FileAccess access, UnixFileMode mode = Mode)
    {
        var options = new FileStreamOptions
        {
            Mode = open,
            Access = access,
            Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        return new FileStream(path, options);
    }

    public static void Write(string path, string text, UnixFileMode mode = Mode)
    {
        var draft = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var stream = Open(draft, FileMode.Create, FileAccess.Write, mode))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }
}
