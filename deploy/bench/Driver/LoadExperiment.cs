namespace Router.Bench;

/// <summary>Contestants under load, one after the other, again and again.</summary>
internal static class LoadExperiment
{
    /// <summary>The numbers of hosts that a table is measured with.</summary>
    public static readonly int[] HostCounts = [1, 5, 100, 10_000, 100_000];

    private sealed record Contestant(string Name, ServerProcess Process, LoadCase Load);

    /// <summary>The same request to everyone.</summary>
    public static Task PeersAsync(Lab lab, BenchResult result, LoadCase load, params string[] peers) =>
        RunAsync(
            lab,
            result,
            load.Name,
            peers.Select(peer => new Contestant(Contestants.NameOf(peer), lab.Start(peer, load.Scheme), load))
        );

    /// <summary>
    /// The closed site's page, beside the cheapest request that is forwarded and a bare program on the same server that sends the same.
    /// </summary>
    public static Task ClosedAsync(Lab lab, BenchResult result) => RunAsync(lab, result, "closed", Closed(lab));

    // Each begins when the one before is warm.
    private static IEnumerable<Contestant> Closed(Lab lab)
    {
        yield return new Contestant("forwarded", PublishedRouter.Start(lab, lab.Options.Router), LoadCase.Small);
        var closed = PublishedRouter.Start(lab, lab.Options.Router, mode: "maintenance");
        yield return new Contestant("closed", closed, LoadCase.Closed);
        yield return new Contestant("bare", Bare.Start(lab, closed, LoadCase.Closed), LoadCase.Closed);
    }

    /// <summary>Tables from one host to a hundred thousand, with the requests spread over all of them.</summary>
    public static Task HostsAsync(Lab lab, BenchResult result) =>
        RunAsync(
            lab,
            result,
            "hosts",
            HostCounts.Select(count => new Contestant(
                $"{count}",
                PublishedRouter.StartWithHosts(lab, lab.Options.Router, count),
                LoadCase.Small with
                {
                    Name = "hosts",
                    Hosts = count,
                }
            ))
        );

    private static async Task RunAsync(Lab lab, BenchResult result, string name, IEnumerable<Contestant> all)
    {
        var contestants = new List<Contestant>();
        foreach (var contestant in all)
        {
            contestants.Add(contestant);
            await contestant.Process.ListensAsync();
            if (EqualWork.IsClaimedBy(contestant.Name))
                await EqualWork.CheckAsync(contestant.Name, contestant.Process);
            await Wrk.RunAsync(lab, contestant.Name, contestant.Process.Port, contestant.Load, Contestants.WarmUpSeconds(contestant.Name));
        }

        for (var round = 0; round < lab.Options.Rounds; round++)
        {
            foreach (var (contestant, process, load) in contestants)
            {
                var before = ProcessTimes.Microseconds(process.Tree);
                var seen = await Wrk.RunAsync(lab, contestant, process.Port, load, lab.Options.Seconds);
                var used = ProcessTimes.Microseconds(process.Tree) - before;
                process.EmptyOutput();
                // wrk ends with a request on each connection, which was half done on the average.
                result.Add(name, contestant, Figure.Cpu, used / (seen.Requests + lab.Options.Connections / 2.0));
                result.Add(name, contestant, Figure.Rate, seen.Requests / seen.Seconds);
                result.Add(name, contestant, Figure.Median, seen.Median);
                result.Add(name, contestant, Figure.Percentile99, seen.Percentile99);
                result.Add(name, contestant, Figure.Resident, ProcessTimes.Resident(process.Tree) / 1e6);
            }
        }

        lab.Stop(contestants.Select(contestant => contestant.Process));
    }
}
