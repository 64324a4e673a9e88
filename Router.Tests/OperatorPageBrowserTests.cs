using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;
using static Router.Tests.Harness.OperatorPageSteps;

namespace Router.Tests;

/// <summary>The operator's page in a real browser, on three instances.</summary>
public sealed class OperatorPageBrowserTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => chromium.CloseAsync();

    [BrowserFact]
    public async Task An_operator_closes_the_site_with_a_write_in_flight_and_watches_until_SAFE()
    {
        await using var site = await OperatorSite.StartAsync();
        var page = await site.ShowAsync(chromium);
        await ReadsAsync(page, Verdict, "OPEN");
        await SeeAsync(page, "open");
        await site.WriteAsync(1, "/order/7?secret=1");
        await ReadsAsync(page, "section:has(#inFlight)", "POST www.example.org/order/7");

        await ClickAsync(page, "Change the mode…");
        await page.GetByText("everything gets the maintenance page").ClickAsync();
        await page.GetByLabel("Reason").FillAsync("We are moving to a new database");
        await page.GetByLabel("Ticket").FillAsync("CHG-1234");
        await page.GetByLabel("Your name").FillAsync("anna");
        await SeeAsync(page, "form");
        await ClickAsync(page, "Show what would happen");
        await Expect(page.FrameLocator("iframe").Locator("main")).ToContainTextAsync("We are moving to a new database");
        await Expect(page.Locator(".effects tbody tr")).ToHaveCountAsync(2);
        await SeeAsync(page, "dry-run");
        await page.GetByLabel("Type its name").FillAsync("staging");
        await ClickAsync(page, "Set maintenance");
        await ReadsAsync(page, Banner, "live");
        await page.GetByLabel("Type its name").FillAsync("production");
        await ClickAsync(page, "Set maintenance");

        await ReadsAsync(page, Banner, "maintenance");
        await ReadsAsync(page, ".banner", "We are moving to a new database");
        await ReadsAsync(page, ".banner", "CHG-1234");
        await ReadsAsync(page, Verdict, "NOT SAFE");
        await ReadsAsync(page, ".reasons", "router-2 has 1 request in flight");
        await ReadsAsync(page, ".reasons .advice", "Wait: what is still in flight is cut when its time is up");
        await Expect(page.Locator("section:has(#inFlight) tbody tr td").Last)
            .ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"^in \d+ min$"), new() { Timeout = OperatorSite.Timeout });
        (await page.ContentAsync()).Should().NotContain("secret", "a query may contain secrets");
        await SeeAsync(page, "not-safe");

        site.Release();
        await Expect(page.Locator(Verdict)).ToHaveTextAsync("✓ SAFE", new() { Timeout = OperatorSite.Timeout });
        await ReadsAsync(page, "#said", "Mode maintenance. SAFE.");
        await ReadsAsync(page, "section:has(#history)", "set maintenance");
        await ReadsAsync(page, "section:has(#history)", "drained maintenance");
        (await page.TitleAsync()).Should().Be("SAFE · maintenance · production");
        (await page.InnerTextAsync("header .clock")).Should().Contain("Europe/Paris").And.MatchRegex(@"GMT\+[12]");
        await SeeAsync(page, "safe");
    }

    [BrowserFact]
    public async Task The_verdict_is_on_the_number_of_instances_that_the_operator_expects()
    {
        await using var site = await OperatorSite.StartAsync();
        using var operators = new OperatorClient(site.Routers[1].ManagementUrl);
        (await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""")).Status.Should().Be(200);
        var page = await site.ShowAsync(chromium);
        await ReadsAsync(page, Verdict, "SAFE");
        await ReadsAsync(page, ".expect", "Enter how many there should be");
        var expected = page.GetByLabel("Instances expected");

        await expected.FillAsync("4");
        await expected.PressAsync("Enter");
        await ReadsAsync(page, Verdict, "NOT SAFE");
        await ReadsAsync(page, ".reasons", "3 instances are live and 4 expected");
        await ReadsAsync(page, ".reasons .advice", "Start the missing instance, or correct the expected number");
        await SeeAsync(page, "missing");
        await page.ReloadAsync();
        await ReadsAsync(page, Verdict, "NOT SAFE");
        await Expect(expected).ToHaveValueAsync("4");

        await expected.FillAsync("2");
        await expected.PressAsync("Enter");
        await ReadsAsync(page, ".reasons .advice", "Find the instance that should not be there");
        await expected.FillAsync("3");
        await expected.PressAsync("Enter");
        await Expect(page.Locator(Verdict)).ToHaveTextAsync("✓ SAFE", new() { Timeout = OperatorSite.Timeout });
        await SeeAsync(page, "expected");
    }

    [BrowserFact]
    public async Task Of_two_operators_the_second_gets_a_conflict_and_changes_nothing()
    {
        await using var site = await OperatorSite.StartAsync();
        var (one, two) = (await site.ShowAsync(chromium), await site.ShowAsync(chromium, router: 1));
        await PrepareAsync(one, "maintenance", "anna");
        await PrepareAsync(two, "read-only", "ben");

        await ConfirmAsync(two, "Set read-only");
        await ReadsAsync(two, Banner, "read-only");
        await ReadsAsync(one, Banner, "read-only");
        await ConfirmAsync(one, "Set maintenance");

        await ReadsAsync(one, ".problem", "The mode has changed in the meantime: it is version 2 now. Nothing was changed.");
        await ReadsAsync(one, Banner, "read-only");
        await SeeAsync(one, "conflict");
        await ClickAsync(one, "Show what would happen");
        await ConfirmAsync(one, "Set maintenance");
        await ReadsAsync(two, Banner, "maintenance");
    }

    [BrowserFact]
    public async Task Extending_cancelling_and_bypasses_are_done_with_the_keyboard_alone()
    {
        await using var site = await OperatorSite.StartAsync();
        using var operators = new OperatorClient(site.Routers[1].ManagementUrl);
        var (status, _) = await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance", "until": "+30m", "by": "ben"}""");
        status.Should().Be(200);
        var page = await site.ShowAsync(chromium);
        await ReadsAsync(page, Verdict, "SAFE");

        await KeysAsync("Extend or amend…");
        await page.GetByLabel("Your name").FillAsync("anna");
        await EnterAsync(page.GetByLabel("Your name"));
        await ReadsAsync(page, ".confirm", "The announced end moves from");
        await page.GetByLabel("Type its name").FillAsync("production");
        await EnterAsync(page.GetByLabel("Type its name"));
        await ReadsAsync(page, "section:has(#history)", "amended");

        await KeysAsync("Issue a bypass…");
        await page.GetByLabel("Note").FillAsync("Anna tries the search");
        await EnterAsync(page.GetByLabel("Note"));
        await page.GetByLabel("Type its name").FillAsync("production");
        await EnterAsync(page.GetByLabel("Type its name"));
        (await page.InnerTextAsync(".secret")).Should().NotBeEmpty();
        await SeeAsync(page, "bypass-issued");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("dialog")).ToHaveCountAsync(0);
        await ReadsAsync(page, Verdict, "CLOSED TO VISITORS");
        await SeeAsync(page, "closed-to-visitors");
        await KeysAsync("Revoke bypass", exact: false);
        await EnterAsync(page.GetByLabel("Your name"));
        await page.GetByLabel("Type its name").FillAsync("production");
        await EnterAsync(page.GetByLabel("Type its name"));
        await ReadsAsync(page, Verdict, "SAFE");

        await KeysAsync("Explain a request…");
        var address = page.GetByLabel("Address", new() { Exact = true });
        await address.FillAsync("https://www.example.org/x");
        await EnterAsync(address);
        await ReadsAsync(page, ".result", "maintenance closes the frontend for GET");
        await SeeAsync(page, "explain");
        await page.Keyboard.PressAsync("Escape");
        var download = await page.RunAndWaitForDownloadAsync(() => ClickAsync(page, "Download the report"));
        download.SuggestedFilename.Should().Be("downtime-production.html");
        (await File.ReadAllTextAsync(await download.PathAsync()))
            .Should()
            .Contain("<h1>Downtime</h1>")
            .And.Contain("<dt>by</dt><dd>ben</dd>")
            .And.Contain("Anna tries the search");

        async Task KeysAsync(string button, bool exact = true)
        {
            var target = page.GetByRole(AriaRole.Button, new() { Name = button, Exact = exact });
            await page.Locator("body").PressAsync("Tab");
            for (var i = 0; i < 40 && !await target.EvaluateAsync<bool>("it => it === document.activeElement"); i++)
                await page.Keyboard.PressAsync("Tab");
            await page.Keyboard.PressAsync("Enter");
        }

        Task EnterAsync(ILocator field) => field.PressAsync("Enter");
    }
}
