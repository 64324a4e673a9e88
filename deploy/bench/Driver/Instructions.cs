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
    // Router always has a request to work on. What it does besides grows with the time that it waits for the next one, and so with whatever
    // else the machine does: beside three busy programs a request counted 2,000 to 4,500 instructions more when they came one by one, and
    // 800 to 2,000 when they come from 16 connections.
    private const int Connections = 16;
    private const int WarmUp = 400;

    // What happens beside the requests only adds to the count: the smallest is the requests' own.
    private const int Batches = 6;
    private const int BatchSize = 20 * Connections;

    // Valgrind can't give what the collector reserves for a server's heaps; and a collection is not to fall among the requests that are
    // counted.
    private static readonly Dictionary<string, string> OneHeap = new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_GCHeapHardLimit"] = "20000000",
        ["DOTNET_GCgen0size"] = "4000000",
        // How long a thread looks for work before it waits depends on the machine: it does not look.
        ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
        // Clearing new memory takes one instruction that valgrind counts once for each byte.
        ["GLIBC_TUNABLES"] = "glibc.cpu.x86_rep_stosb_threshold=100000000",
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
            string[] under = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--fair-sched=yes", $"--callgrind-out-file={output}"];
            var router = await PublishedRouter.Start(lab, program, mode: mode, more: OneHeap, under: under).ListensAsync();
            var dumps = 0;
            foreach (var load in loads)
            {
                var sockets = await OpenAsync(router.Port);
                await AskAsync(sockets, load, WarmUp);
                Control(router, "instrumentation on");
                // The first ones after it are translated.
                await AskAsync(sockets, load, Connections * 5);
                var batches = new List<(long Instructions, string Dump)>();
                for (var batch = 0; batch < Batches; batch++)
                {
                    Control(router, "zero");
                    await AskAsync(sockets, load, BatchSize);
                    Control(router, "dump");
                    var dump = $"{output}.{++dumps}";
                    batches.Add((Total(dump), dump));
                }

                Control(router, "instrumentation off");
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

    private static Task AskAsync(Socket[] sockets, LoadCase load, int count) =>
        Task.WhenAll(
            sockets.Select(async socket =>
            {
                for (var i = 0; i < count / sockets.Length; i++)
                    await Probe.AskAsync(socket, load);
            })
        );

    // As callgrind_control does, but at once.
    private static void Control(ServerProcess router, string what)
    {
        using var control = Process.Start(
            new ProcessStartInfo("vgdb", [$"--pid={router.Id.ToString(CultureInfo.InvariantCulture)}", .. what.Split(' ')])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var said = control.StandardOutput.ReadToEnd() + control.StandardError.ReadToEnd();
        control.WaitForExit();
        if (control.ExitCode != 0)
            throw new BenchException($"vgdb {what}: {said}");
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
