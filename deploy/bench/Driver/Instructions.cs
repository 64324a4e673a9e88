using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Router.Bench;

/// <summary>
/// The instructions that Router needs for a request, the kernel's and the collector's left out: valgrind counts them. They are the same on every machine to a hundredth,
/// so that a step of a few hundred shows, which no clock does. What they cost is another question: a build is compared by the clock in the end.
/// </summary>
internal static class Instructions
{
    private const int Connections = 4;
    private const int WarmUp = 400;
    private const int Counted = 1000;

    // Valgrind can't give what the collector reserves for a server's heaps; and a collection is not to fall among the requests that are counted.
    private static readonly Dictionary<string, string> OneHeap = new() { ["DOTNET_gcServer"] = "0", ["DOTNET_GCHeapHardLimit"] = "20000000", ["DOTNET_GCgen0size"] = "4000000" };

    private static readonly (string Mode, LoadCase[] Loads)[] Runs = [("live", [LoadCase.Small, LoadCase.Page]), ("maintenance", [LoadCase.Closed])];

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
                using var clients = new Clients(router.Port, loads[i]);
                clients.Ask(WarmUp);
                Control(router, "--instr=on");
                // The first ones after it are translated.
                clients.Ask(Connections * 5);
                Control(router, "--zero");
                clients.Ask(Counted);
                Control(router, "--dump");
                Control(router, "--instr=off");
                var dump = $"{output}.{i + 1}";
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{loads[i].Name,-8} {Total(dump) / Counted,9:N0} instructions for a request; by function: callgrind_annotate {Path.GetRelativePath(".", dump)}"));
            }

            lab.Stop([router]);
        }
    }

    private static void Control(ServerProcess router, string what)
    {
        using var control = Process.Start(new ProcessStartInfo("callgrind_control", [what, router.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = control.StandardOutput.ReadToEnd() + control.StandardError.ReadToEnd();
        control.WaitForExit();
        if (control.ExitCode != 0)
            throw new BenchException($"callgrind_control {what}: {said}");
    }

    private static long Total(string dump)
    {
        const string summary = "summary: ";
        var line = File.ReadLines(dump).FirstOrDefault(line => line.StartsWith(summary, StringComparison.Ordinal)) ?? throw new BenchException($"{dump} has no summary");
        return long.Parse(line.AsSpan(summary.Length), CultureInfo.InvariantCulture);
    }

    /// <summary>A few kept connections, on which one request is asked after the other.</summary>
    private sealed class Clients : IDisposable
    {
        private readonly Socket[] _sockets;
        private readonly byte[] _request;
        private readonly byte[] _buffer = new byte[64 << 10];
        private readonly LoadCase _load;

        public Clients(int port, LoadCase load)
        {
            (_load, _request) = (load, Encoding.Latin1.GetBytes(load.Head));
            _sockets = [.. Enumerable.Range(0, Connections).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })];
            foreach (var socket in _sockets)
                socket.Connect(IPAddress.Loopback, port);
        }

        public void Ask(int count)
        {
            for (var i = 0; i < count; i++)
                Ask(_sockets[i % Connections]);
        }

        public void Dispose() => Array.ForEach(_sockets, socket => socket.Dispose());

        private void Ask(Socket socket)
        {
            socket.Send(_request);
            var (length, end) = (0, -1);
            while (end < 0 || length < end)
            {
                var count = socket.Receive(_buffer.AsSpan(length));
                if (count == 0)
                    throw new BenchException($"{_load.Name}: the connection ended");
                length += count;
                end = End(_buffer.AsSpan(0, length));
            }

            if (!_buffer.AsSpan().StartsWith(Encoding.ASCII.GetBytes($"HTTP/1.1 {_load.Status} ")))
                throw new BenchException($"{_load.Name}: {Encoding.Latin1.GetString(_buffer, 0, Math.Min(length, 100))}");
        }

        // Every answer here has a length.
        private static int End(ReadOnlySpan<byte> answer)
        {
            var head = answer.IndexOf("\r\n\r\n"u8);
            if (head < 0)
                return -1;
            var name = "\r\nContent-Length: "u8;
            var at = answer.IndexOf(name) is >= 0 and var found && found < head ? found + name.Length : throw new BenchException("an answer without Content-Length");
            return head + 4 + int.Parse(answer[at..][..answer[at..].IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
        }
    }
}
