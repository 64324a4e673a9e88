namespace Router.Tests.Harness;

/// <summary>The programs of this machine.</summary>
internal static class Programs
{
    /// <summary>The path of the first of these names that is installed; null where none is.</summary>
    public static string? Find(params string[] names) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .SelectMany(directory => names.Select(name => Path.Combine(directory, name)))
            .FirstOrDefault(File.Exists);
}
