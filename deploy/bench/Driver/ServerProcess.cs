using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Router.Bench;

/// <summary>A server that was started for the benchmark, with all that it starts itself.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    /// <summary>The name of the file in a server's directory that receives its standard output, such as an access log.</summary>
    public const string OutputName = "output.log";

    private const int Terminate = 15;

    private readonly Process _process;
    private readonly string _directory;

    private ServerProcess(Process process, int port, string directory) => (_process, Port, _directory) = (process, port, directory);

    /// <summary>Where it listens, on loopback.</summary>
    public int Port { get; }

    /// <summary>The file that receives its standard output.</summary>
    public string OutputFile => Path.Combine(_directory, OutputName);

    /// <summary>The process that was started.</summary>
    public int Id => _process.Id;

    /// <summary>Its processes. A server may start workers at any time, so they are looked up each time.</summary>
    public int[] Tree => ProcessTimes.Tree(_process.Id);

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>
    /// Starts one, and comes back at once. Its log goes to <c>server.log</c> in its directory, and its standard output to a file beside it,
    /// since a log line that is thrown away costs less than one that is kept.
    /// </summary>
    public static ServerProcess Start(int port, string directory, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        // The shell gives its place to the server: pipes would make this process read what the server writes.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = directory };
        foreach (var argument in (string[])["-c", "exec \"$0\" \"$@\" >>output.log 2>server.log </dev/null", .. command])
            start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME" or "DOTNET_ROOT")).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new ServerProcess(Process.Start(start)!, port, directory);
    }

    /// <summary>Waits until it takes connections.</summary>
    public async Task<ServerProcess> ListensAsync()
    {
        for (var deadline = Stopwatch.StartNew(); deadline.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(20))
        {
            if (_process.HasExited)
                break;
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Port);
                return this;
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }

        throw new BenchException(
            $"{_process.StartInfo.ArgumentList[2]} does not listen: {File.ReadAllText(Path.Combine(_directory, "server.log"))}"
        );
    }

    /// <summary>Empties the file of its standard output, which a server opens for appending.</summary>
    public void EmptyOutput()
    {
        using var output = new FileStream(OutputFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        output.SetLength(0);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, Terminate);
            if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
                _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
