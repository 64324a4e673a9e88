using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Router.Modes;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// What clients and the backend of a fleet on a real Redis see of many switches, to the tenth of a second. Its instances are processes of
/// their own: in the test's process, a switch waits for a thread as long as everything else that is tested there at the same time.
/// </summary>
public sealed class SwitchLoadTests(ITestOutputHelper output)
{
    // What the clocks of one machine can differ by is nothing; this is for a thread that the system lets wait between its decision and its
    // deed.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan ActivationDelay = TimeSpan.FromMilliseconds(500);

    // What can be decided wrongly is decided about the time of a switch: there, clients send one request after the other. In between, each
    // sends a few, which leave the processors to the switch itself.
    private static readonly TimeSpan AboutSwitch = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(50);

    [RedisFact]
    public async Task Many_switches_under_load_let_no_request_through_lose_no_response_and_leave_three_instances_agreed()
    {
        var switches = Seed.Cases(80);
        var reached = new ConcurrentQueue<string>();
        await using var app = Application.Create();
        app.Run(async context =>
        {
            reached.Enqueue(context.Request.Path);
            await context.Response.WriteAsync("application");
        });
        await app.StartAsync();
        await using var redis = await FirstRecord.StartRedisAsync(new LiveMode());
        var site = SiteFile
            .Of("www.*", app.Urls.First())
            .Set("ModeStore:Redis", redis.Url)
            .Set("ModeStore:ActivationDelay", $"{ActivationDelay.TotalMilliseconds}ms")
            .Set("AccessLog", "false");
        await using var one = await RouterProcess.StartAsync(site.Set("Instance", "web-0"));
        await using var two = await RouterProcess.StartAsync(site.Set("Instance", "web-1"));
        await using var three = await RouterProcess.StartAsync(site.Set("Instance", "web-2"));
        RouterProcess[] instances = [one, two, three];
        await Task.WhenAll(instances.Select(instance => instance.LiveAsync()));
        using var operators = new OperatorClient(one.ManagementUrl);
        using var stopping = new CancellationTokenSource();
        var upcoming = DateTimeOffset.MinValue.UtcTicks;
        TimeSpan Pace() =>
            new TimeSpan(DateTimeOffset.UtcNow.UtcTicks - Volatile.Read(ref upcoming)).Duration() < AboutSwitch ? Fast : Slow;
        var load = instances
            .SelectMany(instance => Enumerable.Repeat(instance, 3))
            .Select(instance => new LoadClient(() => instance.Endpoint, mayFail: false, Pace, stopping.Token))
            .ToArray();

        // When a switch was due, and when the last instance made it.
        var switched = new List<(DateTimeOffset At, bool Closed, DateTimeOffset Made)>();
        for (var i = 0; i < switches; i++)
        {
            var closes = i % 2 == 0;
            var (status, body) = await operators.SendAsync("PUT", "/mode", $$"""{"mode": "{{(closes ? "maintenance" : "live")}}"}""");
            status.Should().Be(200);
            // On a busy machine the response may be later than the switch.
            var mode = body["mode"]!;
            var at = (mode["next"]!.AsArray() is [{ } next] ? next["at"] : mode["since"])!.GetValue<DateTimeOffset>();
            Volatile.Write(ref upcoming, at.UtcTicks);
            DateTimeOffset[] made = [];
            await Eventually.TrueAsync(async () =>
            {
                var fleet = (await operators.SendAsync("GET", "/fleet?expect=3")).Body;
                made = [.. fleet["instances"]!.AsArray().Select(it => it!["report"]!["since"]!.GetValue<DateTimeOffset>())];
                return DateTimeOffset.UtcNow > made.Max() + Grace
                    && fleet["agreed"]!.GetValue<bool>()
                    && fleet["safe"]!.GetValue<bool>() == closes
                    && fleet["instances"]!
                        .AsArray()
                        .Count(it => it!["report"]!["mode"]!.GetValue<string>() == (closes ? "maintenance" : "live")) == 3;
            });
            made.Should().OnlyContain(since => since >= at, "no instance makes a switch before it is due");
            switched.Add((at, closes, made.Max()));
            await LoadClient.NextResponsesAsync(load);
        }

        await stopping.CancelAsync();
        var responses = (await Task.WhenAll(load.Select(client => client.Done))).SelectMany(it => it).ToArray();
        output.WriteLine(
            $"{responses.Length} responses, {responses.Count(it => it.Open)} of them from the application, over "
                + $"{(switched[^1].At - switched[0].At).TotalSeconds:F1} s"
        );

        // An instance that learns of a switch only after it was due makes it then, and says when. On a busy machine this happens, above all
        // with the first one, for which everything has to be compiled.
        switched.Count(it => it.Made < it.At + Grace).Should().BeGreaterThan(switches / 2, "instances switch at one instant");
        switched.Add((DateTimeOffset.UtcNow, true, default));
        for (var i = 0; i < switches; i++)
        {
            var ((at, closed, made), until) = (switched[i], switched[i + 1].At);
            // Sent after the switch and responded to before the next one: decided between the two, however busy the machine was.
            var within = responses.Where(it => it.Sent > made + Grace && it.Had < until).ToArray();
            within.Should().NotBeEmpty();
            within.Should().OnlyContain(it => it.Open == !closed, $"switch {i} was due at {at:O} and made by every instance at {made:O}");
        }

        var served = responses.Where(it => it.Open).Select(it => it.Path).ToHashSet();
        var notServed = reached.Where(path => !served.Contains(path)).ToHashSet();
        responses.Where(it => notServed.Contains(it.Path)).Should().BeEmpty("what a client was refused did not reach the application");
        reached.Should().OnlyHaveUniqueItems("no request is sent twice").And.HaveSameCount(served);
    }
}
