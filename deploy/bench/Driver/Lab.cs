namespace Router.Bench;

/// <summary>The backend, the directory that everything is written to, and whatever runs. Nothing outlives it.</summary>
internal sealed class Lab : IDisposable
{
    private const string Prefix = "router-bench-";

    private readonly List<ServerProcess> _running = [];
    private int _started;

    private Lab(BenchOptions options, string directory) => (Options, Directory) = (options, directory);

    public BenchOptions Options { get; }

    public string Directory { get; }

    /// <summary>Whether the directory stays at the end, since its logs may say why a run failed.</summary>
    public bool KeepsLogs { get; set; }

    public Backend Backend { get; private set; } = null!;

    public static async Task<Lab> OpenAsync(BenchOptions options)
    {
        if (Leftovers() is [var first, ..] left)
            throw new BenchException(
                $"{left.Length} processes of an earlier run are still there, such as {first}; end them: kill {string.Join(' ', left)}"
            );
        var directory = System.IO.Directory.CreateTempSubdirectory(Prefix).FullName;
        // nginx gives up root's rights, and must still be able to read.
        File.SetUnixFileMode(
            directory,
            UnixFileMode.UserRead
                | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead
                | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead
                | UnixFileMode.OtherExecute
        );
        var lab = new Lab(options, directory);
        lab.Backend = await Backend.StartAsync(lab);
        return lab;
    }

    // Each server works in a directory of its run. One that still listens would take time from those that are measured.
    private static string[] Leftovers()
    {
        var runs = Path.Combine(Path.GetTempPath(), Prefix);
        return
        [
            .. System
                .IO.Directory.EnumerateDirectories("/proc")
                .Where(process =>
                    int.TryParse(Path.GetFileName(process), out _) && WorksIn(process)?.StartsWith(runs, StringComparison.Ordinal) == true
                )
                .Select(process => Path.GetFileName(process)!),
        ];
    }

    private static string? WorksIn(string process)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or is another user's.
            return null;
        }
    }

    /// <summary>A directory of its own for one server.</summary>
    public string NewDirectory() => System.IO.Directory.CreateDirectory(Path.Combine(Directory, $"{++_started}")).FullName;

    /// <summary>Starts a server, and comes back at once.</summary>
    public ServerProcess Run(int port, string directory, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        var process = ServerProcess.Start(port, directory, environment, command);
        lock (_running)
            _running.Add(process);
        return process;
    }

    /// <summary>Starts a contestant, and comes back at once.</summary>
    public ServerProcess Start(string peer, string scheme = "http") =>
        peer switch
        {
            Contestants.Nginx => Nginx.Start(this, scheme, keptAlive: true),
            Contestants.NginxEqual => NginxEqual.Start(this, scheme),
            Contestants.NginxClose => Nginx.Start(this, scheme, keptAlive: false),
            Contestants.HaProxy => HaProxy.Start(this, scheme),
            Contestants.HaProxyEqual => HaProxyEqual.Start(this, scheme),
            Contestants.Caddy => Caddy.Start(this, scheme),
            Contestants.Yarp => Yarp.Start(this, scheme, inline: false),
            Contestants.YarpInline => Yarp.Start(this, scheme, inline: true),
            Contestants.Router => PublishedRouter.Start(this, Options.Router, scheme),
            _ => PublishedRouter.Start(this, peer.Split('=')[1], scheme),
        };

    /// <summary>Ends some of what runs.</summary>
    public void Stop(IEnumerable<ServerProcess> processes)
    {
        foreach (var process in processes.ToArray())
        {
            lock (_running)
                _running.Remove(process);
            process.Dispose();
        }
    }

    public void Dispose()
    {
        ServerProcess[] left;
        lock (_running)
            left = [.. _running];
        Stop(left);
        // After a signal it is disposed of by the handler and once more by the program.
        if (!KeepsLogs && System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }
}
