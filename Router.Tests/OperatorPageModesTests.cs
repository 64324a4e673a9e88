using static Microsoft.Playwright.Assertions;
using static Router.Tests.Harness.OperatorPageSteps;

namespace Router.Tests;

/// <summary>Reopening in stages and letting requests wait, from the operator's page in a real browser.</summary>
public sealed class OperatorPageModesTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => chromium.CloseAsync();

    private const string Stages = "section:has(#reopening)";

    [BrowserFact]
    public async Task An_operator_reopens_the_site_in_stages_and_pauses_resumes_and_advances_it()
    {
        await using var site = await OperatorSite.StartAsync();
        using var operators = new OperatorClient(site.Routers[1].ManagementUrl);
        (await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance", "until": "+30m", "by": "ben"}""")).Status.Should().Be(200);
        var page = await site.ShowAsync(chromium);
        await ReadsAsync(page, Verdict, "SAFE");
        await Expect(page.Locator(".banner")).ToHaveClassAsync("banner closed");

        await ClickAsync(page, "Change the mode…");
        await Expect(page.GetByLabel("Stages")).ToBeHiddenAsync();
        await page.Locator("input[value=live]").CheckAsync();
        await page.GetByLabel("Stages").FillAsync("50%,25%");
        await page.GetByLabel("Each lasts at least").FillAsync("1h");
        await page.GetByLabel("Requests needed per stage").FillAsync("1000");
        await page.GetByLabel("Your name").FillAsync("anna");
        await ClickAsync(page, "Show what would happen");
        await ReadsAsync(page, ".problem", "Stages is '50%,25%'. Give two to 20 shares");
        await page.GetByLabel("Stages").FillAsync("25%,50%,100%");
        await ClickAsync(page, "Show what would happen");
        await ReadsAsync(page, ".confirm .steps", "reopening to 25 % of the clients (stages: 25 %, 50 %, 100 %)");
        await ReadsAsync(page, ".confirm h4", "What the others will see");
        await SeeAsync(page, "stages-dry-run");
        await ConfirmAsync(page, "Set live");

        await ReadsAsync(page, Banner, "reopening");
        await ReadsAsync(page, Verdict, "OPEN TO A SHARE OF THE CLIENTS");
        await ReadsAsync(page, $"{Stages} [aria-current=step]", "25 %");
        await ReadsAsync(page, Stages, "0 of at least 1000");
        await SeeAsync(page, "reopening");
        var (status, _) = await operators.SendAsync("PATCH", "/mode", """{"until": "+1s", "shorten": true, "by": "ben"}""");
        status.Should().Be(200);
        await ReadsAsync(page, ".banner .over", "Overrun by");

        await SteerAsync("Pause…", "Pause it");
        await ReadsAsync(page, Stages, "paused");
        await SteerAsync("Next stage…", "Start it");
        await ReadsAsync(page, $"{Stages} [aria-current=step]", "50 %");
        await ReadsAsync(page, "section:has(#history)", "reopening paused");

        await CheckAsync("Pause…");
        (await operators.SendAsync("POST", "/mode/stages", """{"action": "pause", "by": "ben"}""")).Status.Should().Be(200);
        await ReadsAsync(page, Stages, "paused");
        await ConfirmAsync(page, "Pause it");
        await ReadsAsync(page, ".problem", "The mode has changed in the meantime");
        await page.Keyboard.PressAsync("Escape");
        await SteerAsync("Resume…", "Resume it");
        await Expect(page.Locator(Stages)).Not.ToContainTextAsync("paused", new() { Timeout = OperatorSite.Timeout });

        await SteerAsync("Next stage…", "Start it");
        await ReadsAsync(page, Banner, "live");
        await Expect(page.Locator(".banner")).ToHaveClassAsync("banner open");
        await Expect(page.Locator(Stages)).ToHaveCountAsync(0);

        async Task CheckAsync(string button)
        {
            await ClickAsync(page, button);
            await ClickAsync(page, "Show what would happen");
            await page.GetByLabel("Type its name").WaitForAsync();
        }

        async Task SteerAsync(string button, string apply)
        {
            await CheckAsync(button);
            await ConfirmAsync(page, apply);
            await Expect(page.Locator("dialog")).ToHaveCountAsync(0);
        }
    }

    [BrowserFact]
    public async Task An_operator_cancels_a_scheduled_mode_and_accepts_writes_of_unknown_outcome_until_it_is_SAFE()
    {
        await using var site = await OperatorSite.StartAsync(("ModeStore:DrainLimit", "1s"));
        using var operators = new OperatorClient(site.Routers[1].ManagementUrl);
        var page = await site.ShowAsync(chromium);
        (await operators.SendAsync("PUT", "/mode", """{"mode": "recovery", "at": "+30m", "by": "ben"}""")).Status.Should().Be(200);
        await ReadsAsync(page, "section:has(#scheduled)", "recovery");
        await ClickAsync(page, "Cancel the scheduled change…");
        await page.GetByLabel("Your name").FillAsync("anna");
        await ClickAsync(page, "Show what would happen");
        await ConfirmAsync(page, "Cancel it");
        await Expect(page.Locator("section:has(#scheduled)")).ToHaveCountAsync(0, new() { Timeout = OperatorSite.Timeout });

        await site.WriteAsync(1, "/order/7");
        await ReadsAsync(page, "section:has(#inFlight)", "POST www.example.org/order/7");
        (await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""")).Status.Should().Be(200);
        await ReadsAsync(page, Banner, "maintenance");
        await ReadsAsync(page, "section:has(#writes)", "POST www.example.org/order/7");
        await ReadsAsync(page, Verdict, "NOT SAFE");
        await ReadsAsync(page, ".reasons .advice", "accept them below");
        await SeeAsync(page, "unknown-outcome");
        await ClickAsync(page, "Accept them as settled…");
        await page.GetByLabel("Note").FillAsync("the order is in the log");
        await ClickAsync(page, "Show what would happen");
        await ConfirmAsync(page, "Accept them");

        await Expect(page.Locator(Verdict)).ToHaveTextAsync("✓ SAFE", new() { Timeout = OperatorSite.Timeout });
        await ReadsAsync(page, "section:has(#history)", "writes accepted");
        await ReadsAsync(page, "section:has(#history) tr:has-text('cancelled')", "anna");
    }

    [BrowserFact]
    public async Task An_operator_lets_requests_wait_and_the_site_close_by_itself_if_it_takes_longer()
    {
        await using var site = await OperatorSite.StartAsync();
        var page = await site.ShowAsync(chromium);

        await ClickAsync(page, "Change the mode…");
        await page.Locator("input[value=maintenance]").CheckAsync();
        await Expect(page.GetByLabel("For at most")).ToBeHiddenAsync();
        await page.Locator("input[value=hold]").CheckAsync();
        await page.GetByLabel("For at most").FillAsync("5m");
        await page.GetByLabel("Then", new() { Exact = false }).SelectOptionAsync("maintenance");
        await page.GetByLabel("After", new() { Exact = false }).FillAsync("20m");
        await page.GetByLabel("Your name").FillAsync("anna");
        await SeeAsync(page, "hold-form");
        await ClickAsync(page, "Show what would happen");
        await ReadsAsync(page, ".confirm .steps li:last-child", "unless the mode is changed first");
        await Expect(page.Locator(".effects tbody td")).ToHaveTextAsync(Enumerable.Repeat("… waits", 4));
        await SeeAsync(page, "hold-dry-run");
        await ConfirmAsync(page, "Set hold");

        await ReadsAsync(page, Banner, "hold");
        await ReadsAsync(page, "section:has(#scheduled)", "unless the mode is changed first");
        await site.WriteAsync(1, "/order/7");
        await ReadsAsync(page, "section:has(#instances)", "1, oldest");
        await ReadsAsync(page, ".notes", "held: 1");
        await SeeAsync(page, "hold");
        await PrepareAsync(page, "live", "anna");
        await Expect(page.Locator(".confirm .steps")).ToContainTextAsync("live");
        await ConfirmAsync(page, "Set live");
        await ReadsAsync(page, Banner, "live");
        await ReadsAsync(page, "section:has(#inFlight)", "POST www.example.org/order/7");
    }
}
