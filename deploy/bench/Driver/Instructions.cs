using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Router.Bench;

/// <summary>
/// The instructions that Router needs for a request, the kernel's and the collector's left out: valgrind counts them. They are the same on
/// every machine to a hundredth, so that a step of a few hundred shows, which no clock does. What they cost is another question: a build is
/// compared by the clock in the end.
/// </summary>
internal static class Instructions
{
    private const int Connections = 4;
    private const int WarmUp = 400;
    private const int Counted = 1000;

    // Valgrind can't give what the collector reserves for a server's heaps; and a collection is not to fall among the requests that are
    // counted.
    private static readonly Dictionary<string, string> OneHeap = new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_GCHeapHardLimit"] = "20000000",
        ["DOTNET_GCgen0size"] = "4000000",
    };

    private static readonly (string Mode, LoadCase[] Loads)[] Runs =
    [
        ("live", [LoadCase.Small, LoadCase.Page]),
        ("maintenance", [LoadCase.Closed]),
    ];

    /// <summary>Counts, and prints a line for each case.</summary>
    public static async Task CountAsync(Lab lab)
    {
        foreach (var (mode, loads) in Runs)
        {
            var output = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(lab.Options.Json)!, $"callgrind.{mode}"));
            string[] under = ["valgrind", "--tool=callgrind", "--instr-atstart=no", $"--callgrind-out-file={output}"];
            var router = await PublishedRouter.Start(lab, lab.Options.Router, mode: mode, more: OneHeap, under: under).ListensAsync();
            for (var i = 0; i < loads.Length; i++)
            {
                var sockets = await OpenAsync(router.Port);
                await AskAsync(sockets, loads[i], WarmUp);
                Control(router, "--instr=on");
                // The first ones after it are translated.
                await AskAsync(sockets, loads[i], Connections * 5);
                Control(router, "--zero");
                await AskAsync(sockets, loads[i], Counted);
                Control(router, "--dump");
                Control(router, "--instr=off");
                Array.ForEach(sockets, socket => socket.Dispose());
                var dump = $"{output}.{i + 1}";
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{loads[i].Name, -8} {Total(dump) / Counted, 9:N0} instructions for a request; by function: callgrind_annotate {Path.GetRelativePath(".", dump)}"
                    )
                );
            }

            lab.Stop([router]);
        }
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
