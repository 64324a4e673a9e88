namespace Router.Configuration;

/// <summary>Distinguishes one state of a file from another without reading it.</summary>
public static class FileStamp
{
    /// <summary>The stamp of a file that does not exist.</summary>
    public const string Missing = "none";

    /// <summary>
    /// Time, size, the target of a symbolic link, and whether the file can be opened: this detects the swapped links of a ConfigMap, and a
    /// file whose permissions have been repaired.
    /// </summary>
    public static string Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return Missing;
            using var opened = File.OpenHandle(path);
            var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            // Through every link: a ConfigMap swaps the directory's link and leaves the file's own unchanged. The new directory may have
            // a file of the same size and, by the file system's clock, the same time.
            var directory = target.Directory?.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
            return $"{target.LastWriteTimeUtc.Ticks}/{target.Length}/{directory}/{target.FullName}";
        }
        catch (Exception failure) when (FileText.IsUnreadable(failure))
        {
            return failure.Message;
        }
    }
}
