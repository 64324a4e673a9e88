using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// Rehearsals of a planned downtime, one fault each: what was acknowledged is in the restore, nothing is committed after SAFE, and no
/// client is told that a write had not arrived that had. See <see cref="DrillSite"/>. Here an instance is suspended, killed or does not
/// start.
/// </summary>
public sealed class InstanceDrillTests(DrillDatabase database, ITestOutputHelper output) : IClassFixture<DrillDatabase>
{
    [DrillFact]
    public async Task Requests_that_waited_in_a_suspended_instance_reach_no_closed_backend()
    {
        var (started, one, _, three) = await DrillSite.StartWithProcessAsync(database.Server, DrillSite.Settle, output);
        await using var site = started;
        var queued = Enumerable.Range(0, 20).Select(i => $"queued-{i}").ToArray();
        var kept = await Task.WhenAll(queued.Skip(10).Select(_ => RawConnection.OpenAsync(three.Endpoint)));
        await three.SignalAsync("STOP");
        var connections = kept.Concat(await Task.WhenAll(queued.Take(10).Select(_ => RawConnection.OpenAsync(three.Endpoint)))).ToArray();
        foreach (var (connection, id) in connections.Zip(queued))
        {
            var head = $"POST /write/{id}?id={id}&work=0 HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 2\r\n\r\n";
            await connection.WriteAsync(head + "hi");
        }

        var first = await DrillSite.StartClosing(one, "--expect", "3", "--timeout", "7s").Done;
        (first.Code, DrillSite.LastLine(first.Output).Contains("router-3", StringComparison.Ordinal)).Should().Be((1, true), first.Output);
        await three.SignalAsync("CONT");

        var (_, restored) = await site.SafeAsync(Tool.Start(one.ManagementUrl, "mode", "--wait", "--expect", "3"));
        foreach (var connection in connections)
        {
            (await connection.ReadHeadAsync()).Should().StartWith("HTTP/1.1 503");
            connection.Dispose();
        }

        site.Application.Arrived.Should().NotContain(queued);
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task Kills_restarts_and_starts_that_fail_leave_nothing_behind_that_an_operator_must_clear()
    {
        var (started, one, _, three) = await DrillSite.StartWithProcessAsync(database.Server, DrillSite.Settle, output);
        await using var site = started;
        for (var i = 0; i < 2; i++)
            await three.RestartAsync();
        await FailsToStartAsync("--urls", $"http://{one.Endpoint}");
        await FailsToStartAsync("--urls", "https://127.0.0.1:0", "--Router:Certificates:www:Path", "/nonexistent.pem");
        await DrillSite.LiveAsync(one, 3);

        var (said, restored) = await site.SafeAsync(DrillSite.StartClosing(one, "--expect", "3"));

        said.Should().NotContain("vanished").And.NotContain("router-bad");
        said.Split('\n').Should().OnlyContain(line => line.Length < 500);
        await site.NothingIsLostAsync(restored);

        async Task FailsToStartAsync(params string[] arguments)
        {
            var start = RouterProcess.Start();
            string[] own = ["--config", three.File, "--Router:Instance", "router-bad", "--Router:Management:Url", "http://127.0.0.1:0"];
            foreach (var argument in own.Concat(arguments))
                start.ArgumentList.Add(argument);
            start.Environment["DM_MODE"] = "live";
            (await Script.RunAsync(start)).Code.Should().NotBe(0);
        }
    }
}
