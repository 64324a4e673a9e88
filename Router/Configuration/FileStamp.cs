namespace Router.Configuration;

/// <summary>What tells one state of a file from another, without reading it.</summary>
public static class FileStamp
{
    /// <summary>The stamp of a file that does not exist.</summary>
    public const string Missing = "none";

    /// <summary>
    /// Time, size, what a symbolic link leads to, and whether the file can be opened: so the swapped links of a ConfigMap are seen,
    /// and a file whose permissions have been repaired.
    /// </summary>
    public static string Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return Missing;
            using var opened = File.OpenHandle(path);
            // By way of every link: a ConfigMap swaps the directory's link, and the file's own stays.
            var directory = file.Directory?.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
            var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return $"{target.LastWriteTimeUtc.Ticks}/{target.Length}/{directory}/{target.FullName}";
        }
        catch (Exception failure) when (FileText.IsUnreadable(failure))
        {
            return failure.Message;
        }
    }
}
