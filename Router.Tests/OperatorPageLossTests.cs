using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;
using static Router.Tests.Harness.OperatorPageSteps;

namespace Router.Tests;

/// <summary>What the operator's page shows in a real browser when an instance, the store or its own connection is lost.</summary>
public sealed class OperatorPageLossTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => chromium.CloseAsync();

    [BrowserFact]
    public async Task An_instance_that_stops_reporting_is_shown_and_can_be_acknowledged_when_it_has_ended()
    {
        await using var site = await OperatorSite.StartWithProcessesAsync([1, 2]);
        var page = await site.ShowAsync(chromium);
        await site.Process(2).SignalAsync("STOP");

        await ReadsAsync(page, "tr.bad", "vanished");
        await ReadsAsync(page, ".notes", "router-3");
        await SeeAsync(page, "vanished");
        await page.GetByRole(AriaRole.Button, new() { Name = "State that router-3 has ended" }).ClickAsync();
        await page.GetByLabel("Your name").FillAsync("anna");
        await ClickAsync(page, "Continue");
        await page.GetByLabel("Type its name").FillAsync("production");
        await ClickAsync(page, "It has ended");

        await ReadsAsync(page, "section:has(#history)", "instance acknowledged");
        await ReadsAsync(page, "tr.gone", "ended");
        await site.Process(2).KillAsync();
        await site.Process(1).KillAsync();
        await ReadsAsync(page, "section:has(#instances) tbody", "ended", after: page.Locator("tr.gone").Nth(1));
    }

    [BrowserFact]
    public async Task A_lost_store_is_shown_with_the_verdict_until_it_is_back()
    {
        await using var site = await OperatorSite.StartAsync();
        var page = await site.ShowAsync(chromium);

        await site.Redis.KillAsync();

        await ReadsAsync(page, Verdict, "NOT SAFE");
        await ReadsAsync(page, ".reasons", "Redis");
        await ReadsAsync(page, ".reasons .advice", "Check the mode store");
        await ReadsAsync(page, Banner, "live");
        await SeeAsync(page, "store-lost");
        await site.Redis.ReturnAsync(withData: false);
        await ReadsAsync(page, Verdict, "OPEN");
    }

    [BrowserFact]
    public async Task A_lost_connection_is_shown_immediately_with_the_age_of_the_data()
    {
        await using var site = await OperatorSite.StartWithProcessesAsync([0]);
        var page = await site.ShowAsync(chromium);
        await Expect(page.Locator(".lost")).ToHaveCountAsync(0);

        await site.Process(0).KillAsync();

        await ReadsAsync(page, ".lost", "No connection to this instance");
        await Expect(page.Locator(".lost"))
            .ToHaveTextAsync(
                new System.Text.RegularExpressions.Regex(@"What you see is ([4-9]|\d\d) s old"),
                new() { Timeout = OperatorSite.Timeout }
            );
        (await page.GetByRole(AriaRole.Button, new() { Name = "Change the mode…" }).IsDisabledAsync()).Should().BeTrue();
        (await page.TitleAsync()).Should().StartWith("NO CONNECTION");
        // As after ten minutes in which the operator's machine slept: the wall clock has gone on.
        await page.EvaluateAsync("Date.now = (now => () => now() + 600000)(Date.now.bind(Date))");
        await ReadsAsync(page, ".lost", "What you see is 10 min");
        await page.EvaluateAsync("Date.now = (now => () => now() - 600000)(Date.now.bind(Date))");
        await SeeAsync(page, "lost");
        await site.Process(0).StartAgainAsync();
        await Expect(page.Locator(".lost")).ToHaveCountAsync(0, new() { Timeout = OperatorSite.Timeout });
        await ReadsAsync(page, Banner, "live");
    }

    [BrowserFact]
    public async Task A_connection_that_has_not_brought_the_state_yet_does_not_make_an_old_verdict_current()
    {
        await using var site = await OperatorSite.StartWithProcessesAsync([0]);
        var page = await site.ShowAsync(chromium);
        var responses = 0;
        await page.RouteAsync(
            "**/events*",
            route =>
            {
                responses++;
                return route.FulfillAsync(
                    new() { ContentType = "text/event-stream", Body = "event: access\ndata: {\"readOnly\":false}\n\n" }
                );
            }
        );
        await site.Process(0).KillAsync();
        await ReadsAsync(page, ".lost", "No connection to this instance");
        await page.EvaluateAsync(
            """
            window.current = 0;
            new MutationObserver(() => { if (!document.querySelector(".lost")) window.current++; })
                .observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
            """
        );

        var before = responses;
        await Eventually.Async(() => responses >= before + 3);

        (await page.EvaluateAsync<int>("window.current")).Should().Be(0, "no new state has come");
    }
}
