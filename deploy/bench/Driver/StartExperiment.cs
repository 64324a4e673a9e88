using System.Diagnostics;
using System.Net.Sockets;

namespace Router.Bench;

/// <summary>From the start of the process to its first forwarded response, and the memory it has a second later.</summary>
internal static class StartExperiment
{
    public static async Task RunAsync(Lab lab, BenchResult result)
    {
        for (var round = 0; round < lab.Options.Rounds; round++)
        {
            foreach (var peer in lab.Options.Peers)
            {
                var clock = Stopwatch.StartNew();
                var process = lab.Start(peer);
                while (!await RespondsAsync(process.Port))
                {
                    if (clock.Elapsed > TimeSpan.FromSeconds(60))
                        throw new BenchException($"start, {peer}: no response");
                    await Task.Delay(1);
                }

                result.Add("start", Contestants.NameOf(peer), Figure.Start, clock.Elapsed.TotalMilliseconds);
                await Task.Delay(TimeSpan.FromSeconds(1));
                result.Add("start", Contestants.NameOf(peer), Figure.Resident, ProcessTimes.Resident(process.Tree) / 1e6);
                lab.Stop([process]);
            }
        }
    }

    private static async Task<bool> RespondsAsync(int port)
    {
        try
        {
            await Probe.AskAsync(port, LoadCase.Small);
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
    }
}
