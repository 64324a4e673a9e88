using System.Diagnostics;
using System.Formats.Tar;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Router.Tests.Harness;

/// <summary>
/// The image, unpacked into an empty folder and run as a container engine would: nothing but its own files and <c>/dev</c>, a root that
/// can't be written to, the user and the entry point that it names.
/// </summary>
internal sealed class UnpackedImage : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-image-").FullName;

    public UnpackedImage()
    {
        var archive = Path.Combine(_directory, "archive");
        TarFile.ExtractToDirectory(
            Environment.GetEnvironmentVariable(ImageFactAttribute.Variable)!,
            Directory.CreateDirectory(archive).FullName,
            overwriteFiles: false
        );
        var manifest = JsonSerializer.Deserialize<Manifest[]>(File.ReadAllText(Path.Combine(archive, "manifest.json")))![0];
        Config = JsonNode.Parse(File.ReadAllText(Path.Combine(archive, manifest.Config)))!["config"]!;
        Directory.CreateDirectory(Root);
        foreach (var layer in manifest.Layers)
        {
            // The framework's reader does not keep who owns a file.
            using var tar = Process.Start(
                "tar",
                ["--extract", "--file", Path.Combine(archive, layer), "--directory", Root, "--same-owner", "--preserve-permissions"]
            );
            tar.WaitForExit();
            tar.ExitCode.Should().Be(0);
        }

        Directory.CreateDirectory(Path.Combine(Root, "dev"));
    }

    /// <summary>Its files.</summary>
    public string Root => Path.Combine(_directory, "root");

    /// <summary>What it says of itself.</summary>
    public JsonNode Config { get; }

    /// <summary>Its entry point with these arguments, and with this environment besides its own.</summary>
    public ProcessStartInfo Run(IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        const string script =
            """root=$1; user=$2; shift 2; mount --bind "$root" "$root"; mount -o remount,bind,ro "$root"; mount --rbind """
            + """/dev "$root/dev"; exec chroot --userspec="$user" "$root" "$@" """;
        var start = new ProcessStartInfo("unshare") { RedirectStandardOutput = true, RedirectStandardError = true };
        // Mounts that nobody else sees, and that end with the process.
        var command = new[] { "--mount", "sh", "-e", "-c", script, "sh", Root, Config["User"]!.ToString() };
        foreach (var argument in command.Concat(Config["Entrypoint"]!.AsArray().Select(part => part!.ToString())).Concat(arguments))
            start.ArgumentList.Add(argument);
        var path = start.Environment["PATH"];
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        foreach (var pair in Config["Env"]!.AsArray().Select(pair => pair!.ToString().Split('=', 2)).Where(pair => pair[0] != "PATH"))
            start.Environment[pair[0]] = pair[1];
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>What <c>manifest.json</c> says: where the image's words on itself are, and its layers, the lowest first.</summary>
    private sealed record Manifest(string Config, string[] Layers);
}
