using Router.Configuration;

namespace Router.Modes.Stores;

/// <summary>Checks whether a mode file could be written, without changing it.</summary>
public static class FileWriteCheck
{
    // A full disk accepts an empty file and refuses the first block.
    private const int Block = 4096;

    /// <summary>Why the mode file cannot be written; null if it can. Leaves nothing behind.</summary>
    public static string? Run(string path)
    {
        try
        {
            // A write creates a draft next to the file and renames it, under a lock. The instances report into a directory of their own.
            TryDraft(path);
            if (File.Exists(path + FileModeStore.LockSuffix) || Directory.Exists(path + FileModeStore.LockSuffix))
                TryLock(path + FileModeStore.LockSuffix);
            var reports = path + FileModeStore.ReportsSuffix;
            if (Directory.Exists(reports))
                TryDraft(Path.Combine(reports, "check"));
            else if (File.Exists(reports))
                return $"{reports} is not a directory";
            return null;
        }
        catch (Exception failure) when (FileText.IsUnreadable(failure))
        {
            return failure.Message.TrimEnd('.');
        }
    }

    private static void TryDraft(string beside)
    {
        var draft = $"{beside}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        using var stream = new FileStream(
            draft,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
            }
        );
        stream.Write(new byte[Block]);
        stream.Flush(flushToDisk: true);
    }

    // Opened with full sharing, it takes no lock: a running Router may need it at this moment.
    private static void TryLock(string path) =>
        new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
}
