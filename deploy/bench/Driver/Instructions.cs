using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Router.Bench;

/// <summary>
/// The instructions that Router executes for a request, without the kernel's and the collector's: valgrind counts them. Builds of the same
/// code differ by up to 2.4 %, runs of one build by 1.5 %, so that a step shows which no clock does. What they cost is another question:
/// a build is compared by the clock in the end.
/// </summary>
internal static class Instructions
{
    private const int Connections = 4;
    private const int WarmUp = 400;

    // What happens beside the requests only adds to the count. What happens once a second adds a tenth to a batch of this size, and meets
    // more of them on a busy machine: the smallest count is the requests' own.
    private const int Batches = 20;
    private const int BatchSize = 40;

    // Valgrind can't give what the collector reserves for a server's heaps; and a collection is not to fall among the requests that are
    // counted.
    private static readonly Dictionary<string, string> OneHeap = new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_GCHeapHardLimit"] = "20000000",
        ["DOTNET_GCgen0size"] = "4000000",
        // How long a thread looks for work before it waits depends on the machine: it does not look.
        ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
    };

    private static readonly (string Mode, LoadCase[] Loads)[] Runs =
    [
        ("live", [LoadCase.Small, LoadCase.Page]),
        ("maintenance", [LoadCase.Closed]),
    ];

    /// <summary>The instructions for a request of each case, and the file with what each function has executed.</summary>
    public static async Task<List<(string Case, double Instructions, string Dump)>> CountAsync(Lab lab)
    {
        var counts = new List<(string, double, string)>();
        var program = CopyWithoutDebugFile(lab);
        foreach (var (mode, loads) in Runs)
        {
            var output = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(lab.Options.Json)!, $"callgrind.{mode}"));
            string[] under = ["valgrind", "--tool=callgrind", "--instr-atstart=no", $"--callgrind-out-file={output}"];
            var router = await PublishedRouter.Start(lab, program, mode: mode, more: OneHeap, under: under).ListensAsync();
            var dumps = 0;
            foreach (var load in loads)
            {
                var sockets = await OpenAsync(router.Port);
                await AskAsync(sockets, load, WarmUp);
                Control(router, "--instr=on");
                // The first ones after it are translated.
                await AskAsync(sockets, load, Connections * 5);
                var batches = new List<(long Instructions, string Dump)>();
                for (var batch = 0; batch < Batches; batch++)
                {
                    Control(router, "--zero");
                    await AskAsync(sockets, load, BatchSize);
                    Control(router, "--dump");
                    var dump = $"{output}.{++dumps}";
                    batches.Add((Total(dump), dump));
                }

                Control(router, "--instr=off");
                Array.ForEach(sockets, socket => socket.Dispose());
                var (fewest, file) = batches.MinBy(batch => batch.Instructions);
                counts.Add((load.Name, Math.Round((double)fewest / BatchSize), file));
            }

            lab.Stop([router]);
        }

        return counts;
    }

    // Valgrind reads the file with the debugger's data that lies beside a published binary, and gives up on it.
    private static string CopyWithoutDebugFile(Lab lab)
    {
        var source = Path.GetDirectoryName(Path.GetFullPath(lab.Options.Router))!;
        var target = lab.NewDirectory();
        foreach (
            var file in Directory
                .EnumerateFiles(source, "*", SearchOption.AllDirectories)
                .Where(file => !file.EndsWith(".dbg", StringComparison.Ordinal))
        )
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return Path.Combine(target, Path.GetFileName(lab.Options.Router));
    }

    private static async Task<Socket[]> OpenAsync(int port)
    {
        Socket[] sockets =
        [
            .. Enumerable.Range(0, Connections).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }),
        ];
        foreach (var socket in sockets)
            await socket.ConnectAsync(IPAddress.Loopback, port);
        return sockets;
    }

    // One after the other: what is counted is a request, and not how many meet.
    private static async Task AskAsync(Socket[] sockets, LoadCase load, int count)
    {
        for (var i = 0; i < count; i++)
            await Probe.AskAsync(sockets[i % sockets.Length], load);
    }

    private static void Control(ServerProcess router, string what)
    {
        using var control = Process.Start(
            new ProcessStartInfo("callgrind_control", [what, router.Id.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var said = control.StandardOutput.ReadToEnd() + control.StandardError.ReadToEnd();
        control.WaitForExit();
        if (control.ExitCode != 0)
            throw new BenchException($"callgrind_control {what}: {said}");
    }

    private static long Total(string dump)
    {
        const string summary = "summary: ";
        var line =
            File.ReadLines(dump).FirstOrDefault(line => line.StartsWith(summary, StringComparison.Ordinal))
            ?? throw new BenchException($"{dump} has no summary");
        return long.Parse(line.AsSpan(summary.Length), CultureInfo.InvariantCulture);
    }
}
