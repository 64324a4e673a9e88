namespace Router.Tests.Harness;

/// <summary>
/// The site's repository on a server, and a clone in which somebody is in the middle of something: one of each for a class.
/// </summary>
public sealed class SiteRepository : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-repository-").FullName;

    /// <summary>Who commits.</summary>
    public static (string Name, string Value)[] Identity { get; } =
    [
        ("GIT_AUTHOR_NAME", "Test"),
        ("GIT_AUTHOR_EMAIL", "test@example.org"),
        ("GIT_COMMITTER_NAME", "Test"),
        ("GIT_COMMITTER_EMAIL", "test@example.org"),
    ];

    public string Server => Path.Combine(_directory, "server.git");

    public string Clone => Path.Combine(_directory, "clone");

    public async Task InitializeAsync()
    {
        await GitAsync(_directory, "init", "--quiet", "--bare", "--initial-branch=main", "server.git");
        await GitAsync(_directory, "clone", "--quiet", "server.git", "clone");
        // Without the benchmark, whose build is a hundred megabytes.
        var deploy = Directory.CreateDirectory(Path.Combine(Clone, "deploy")).FullName;
        var parts = Directory.EnumerateFileSystemEntries(Script.Deploy("")).Where(part => Path.GetFileName(part) != "bench");
        await Script.RunAsync("cp", ["-r", .. parts, deploy]);
        Directory.CreateDirectory(Path.Combine(Clone, "Router/Management"));
        File.Copy(Path.Combine(Script.Root, "Router/Management/openapi.json"), Path.Combine(Clone, "Router/Management/openapi.json"));
        await GitAsync(Clone, "checkout", "--quiet", "-b", "main");
        await GitAsync(Clone, "add", "--all");
        await GitAsync(Clone, "commit", "--quiet", "--message", "The site");
        await GitAsync(Clone, "push", "--quiet", "origin", "main");
        await File.WriteAllTextAsync(Path.Combine(Clone, "deploy/vars/preview.yml"), "half an edit");
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>What a command of git prints in one of the two.</summary>
    public static async Task<string> GitAsync(string directory, params string[] arguments)
    {
        var (code, output, errors) = await Script.RunAsync("git", ["-C", directory, .. arguments], Identity);
        code.Should().Be(0, errors);
        return output;
    }
}
