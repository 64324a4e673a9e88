using System.Net;
using System.Net.Sockets;

namespace Router.Bench;

/// <summary>What a connection costs in memory that had a response and waits for the next request.</summary>
internal static class IdleExperiment
{
    private const int AtOnce = 50;

    public static async Task RunAsync(Lab lab, BenchResult result)
    {
        foreach (var peer in lab.Options.Peers.Where(peer => peer is not Contestants.NginxClose))
        {
            // HAProxy takes half as many connections as it may have files.
            if (peer == Contestants.HaProxy && OpenFiles() < 2 * lab.Options.IdleConnections + 100)
                continue;
            var process = await lab.Start(peer).ListensAsync();
            var sockets = new List<Socket>();
            try
            {
                // What the first requests bring with them is not the connections' cost.
                await OpenAsync(process.Port, AtOnce, sockets);
                await Task.Delay(TimeSpan.FromSeconds(1));
                var before = ProcessTimes.Resident(process.Tree);
                await OpenAsync(process.Port, lab.Options.IdleConnections, sockets);
                await Task.Delay(TimeSpan.FromSeconds(2));
                var used = ProcessTimes.Resident(process.Tree) - before;
                result.Add("idle", Contestants.NameOf(peer), Figure.Connection, used / 1024.0 / lab.Options.IdleConnections);
                // They are all still there.
                foreach (var socket in sockets)
                    await Probe.AskAsync(socket, LoadCase.Small);
            }
            finally
            {
                sockets.ForEach(socket => socket.Dispose());
                lab.Stop([process]);
            }
        }
    }

    private static async Task OpenAsync(int port, int count, List<Socket> sockets)
    {
        for (var opened = 0; opened < count; opened += AtOnce)
        {
            sockets.AddRange(
                await Task.WhenAll(
                    Enumerable
                        .Range(0, Math.Min(AtOnce, count - opened))
                        .Select(async _ =>
                        {
                            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                            await socket.ConnectAsync(IPAddress.Loopback, port);
                            await Probe.AskAsync(socket, LoadCase.Small);
                            return socket;
                        })
                )
            );
        }
    }

    private static long OpenFiles() =>
        long.Parse(
            File.ReadLines("/proc/self/limits")
                .First(line => line.StartsWith("Max open files", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3]
        );
}
