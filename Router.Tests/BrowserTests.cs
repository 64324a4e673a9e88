using Microsoft.Playwright;
using Router.Modes;

namespace Router.Tests;

/// <summary>The closed site as a visitor meets it, in a real browser.</summary>
public sealed class BrowserTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private const string Form = """
        <!DOCTYPE html><html lang="en"><head><title>Apply</title><link rel="stylesheet" href="/static/site.css"></head>
        <body><form method="post" action="/apply"><input name="story"><button>Send</button></form></body></html>
        """;

    private RawBackend? _backend;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await chromium.CloseAsync();
        if (_backend is not null)
            await _backend.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_visitor_who_fills_in_a_form_while_the_site_closes_loses_nothing_and_is_told_so()
    {
        await using var router = await OpenSiteAsync();
        var page = await chromium.OpenAsync();
        await page.Clock.InstallAsync();
        await page.GotoAsync(Url(router, "/form"));
        await page.FillAsync("input", "a long story");

        Close(router);
        await page.ClickAsync("button");

        (await page.InnerTextAsync("h1")).Should().Be("Sorry, the service is unavailable");
        (await page.InnerTextAsync(".sent")).Should().Contain("was not saved");
        await Chromium.KeepAsync(page, "post");
        var asked = 0;
        page.Request += (_, _) => asked++;
        await page.Clock.RunForAsync(180_000);
        asked.Should().Be(0, "a page that submits a form neither checks nor reloads");

        await page.GoBackAsync();
        (await page.InputValueAsync("input")).Should().Be("a long story", "it is where the visitor left it");
    }

    [BrowserFact]
    public async Task The_page_checks_whether_the_service_is_back_and_reloads_only_then()
    {
        await using var router = await OpenSiteAsync();
        Close(router);
        var page = await chromium.OpenAsync();
        await page.Clock.InstallAsync();
        await page.GotoAsync(Url(router, "/form"));
        (await page.InnerTextAsync("#again")).Should().Contain("It reloads when the service is back");

        var (checks, loads) = (0, 0);
        page.Response += (_, response) => checks += response.Request.Method == "HEAD" ? 1 : 0;
        page.Load += (_, _) => loads++;
        await page.Clock.RunForAsync(19_000);
        checks.Should().Be(0, "not all visitors at the same moment, and not immediately");
        await UntilAsync(page, () => checks >= 2);
        loads.Should().Be(0, "the site is still closed");

        using var operators = new OperatorClient(router);
        (await operators.SendAsync("PUT", "/mode", """{"mode": "live"}""")).Status.Should().Be(200);
        await UntilAsync(page, () => loads > 0);

        await page.WaitForSelectorAsync("input");
    }

    [BrowserFact]
    public async Task A_page_that_was_served_just_before_the_closing_is_whole_and_later_parts_break_nothing()
    {
        var clock = new ManualClock();
        await using var router = await OpenSiteAsync(clock);
        Close(router);
        var page = await chromium.OpenAsync();
        await page.GotoAsync(Url(router, "/"));

        (await StyleAsync()).Should().Be("200 text/css body { color: green }");
        clock.Advance(TimeSpan.FromSeconds(60));
        (await StyleAsync()).Should().Be("503  ");

        Task<string> StyleAsync() =>
            page.EvaluateAsync<string>(
                """
                async () => {
                  const response = await fetch("/static/site.css", { headers: { Accept: "text/css,*/*;q=0.1" } });
                  return `${response.status} ${response.headers.get("content-type") ?? ""} ${await response.text()}`;
                }
                """
            );
    }

    [BrowserFact]
    public async Task The_page_is_readable_in_every_style_and_loads_nothing_from_elsewhere()
    {
        await using var router = await OpenSiteAsync();
        Close(router);
        foreach (var language in new[] { "en-GB", "cy" })
        {
            var page = await chromium.OpenAsync(new() { Locale = language });
            var asked = new List<string>();
            page.Request += (_, request) => asked.Add(request.Url);
            await page.GotoAsync(Url(router, "/form"), new() { WaitUntil = WaitUntilState.NetworkIdle });
            (await page.GetAttributeAsync("html", "lang")).Should().Be(language[..2]);
            foreach (var (scheme, ground) in new[] { (ColorScheme.Light, "rgb(255, 255, 255)"), (ColorScheme.Dark, "rgb(22, 25, 29)") })
            {
                await page.EmulateMediaAsync(new() { ColorScheme = scheme });
                foreach (var width in new[] { 320, 1000 })
                {
                    var name = $"{language} {scheme} {width}";
                    await page.SetViewportSizeAsync(width, 800);
                    await Chromium.KeepAsync(page, name.ToLowerInvariant().Replace(' ', '-'));
                    (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(width, name);
                    (await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")).Should().Be(ground, name);
                    (await page.ViolationsAsync()).Should().BeEmpty(name);
                }
            }

            asked
                .Should()
                .OnlyContain(
                    url => url.StartsWith(Url(router, "/"), StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal),
                    language
                );
        }
    }

    [BrowserFact]
    public async Task It_reads_well_without_script_without_style_and_on_paper()
    {
        await using var router = await OpenSiteAsync();
        Close(router);
        var page = await chromium.OpenAsync(new() { JavaScriptEnabled = false, ColorScheme = ColorScheme.Dark });
        await page.GotoAsync(Url(router, "/form"));

        (await page.IsVisibleAsync("#again")).Should().BeFalse("it would promise what does not happen");
        (await page.InnerTextAsync("main"))
            .Should()
            .Contain("We expect the service to be back by")
            .And.Contain("We move to a new database")
            .And.Contain("enquiries@example.org");
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        await Chromium.KeepAsync(page, "print");
        await page.SetContentAsync((await page.ContentAsync()).Replace("<style>", "<style media=\"none\">", StringComparison.Ordinal));
        await Chromium.KeepAsync(page, "without-style");
        (await page.InnerTextAsync("body")).Should().StartWith("Digital Marketplace\n\nSorry, the service is unavailable");
    }

    [BrowserFact]
    public async Task Errors_and_the_testers_form_are_accessible_too()
    {
        await using var router = await OpenSiteAsync();
        var page = await chromium.OpenAsync();
        await page.GotoAsync(Url(router, "/", host: "unknown.example.org"));
        (await page.InnerTextAsync("h1")).Should().Be("Page not found");
        (await page.ViolationsAsync()).Should().BeEmpty();
        await Chromium.KeepAsync(page, "not-found");

        Close(router);
        using var operators = new OperatorClient(router);
        var token = (await operators.SendAsync("POST", "/bypass", "{}")).Body["token"]!.ToString();
        await page.GotoAsync(Url(router, "/_bypass"));
        (await page.ViolationsAsync()).Should().BeEmpty();
        await page.FillAsync("#token", "wrong");
        await page.ClickAsync("button");
        (await page.ViolationsAsync()).Should().BeEmpty();
        await Chromium.KeepAsync(page, "bypass");
        await page.FillAsync("#token", token);
        var redirect = await page.RunAndWaitForResponseAsync(
            () => page.ClickAsync("button"),
            response => response.Request.Method == "POST"
        );
        redirect.Status.Should().Be(303);
        // Only if the browser kept the cookie. Not by the address: the page may have loaded before somebody waits for that.
        await page.Locator("h1", new PageLocatorOptions { HasText = "Preview is active" }).WaitForAsync();
        page.Url.Should().EndWith("/_bypass?entered");
        (await page.ViolationsAsync()).Should().BeEmpty();
    }

    // What the page does with a response comes a moment after it, by a clock that nobody moves.
    private static Task UntilAsync(IPage page, Func<bool> holds) =>
        Eventually.TrueAsync(async () =>
        {
            await page.Clock.RunForAsync(5_000);
            return holds();
        });

    private static string Url(RunningRouter router, string path, string host = "www.example.org") =>
        $"http://{host}:{router.Endpoint.Port}{path}";

    private async Task<RunningRouter> OpenSiteAsync(TimeProvider? time = null)
    {
        _backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is { } request)
            {
                var (type, body) = request.Head.StartsWith("GET /static", StringComparison.Ordinal)
                    ? ("text/css", "body { color: green }")
                    : ("text/html", Form);
                await connection.WriteAsync(
                    $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n"
                        + $"{(request.Head.StartsWith("HEAD", StringComparison.Ordinal) ? "" : body)}"
                );
            }
        });
        return await RunningRouter.StartAsync(
            OperatorClient
                .With(SiteFile.Of("www.*", _backend))
                .Path("www.*", "/static")
                .Set("Hosts:www.*:Paths:/static:Static", "true")
                .Set("Pages:ServiceName", "Digital Marketplace")
                .Set("Pages:Contact", "enquiries@example.org")
                .Set("Pages:TimeZone", "Europe/London"),
            time
        );
    }

    private static void Close(RunningRouter router)
    {
        var modes = router.Modes();
        var (state, now) = (modes.State, router.Clock.GetUtcNow());
        var change = new ModeChange
        {
            Mode = ModeCatalogue.Closed,
            Until = now.AddMinutes(90),
            Reason = "We move to a new database",
        };
        modes
            .Offer(ModeChanges.Apply(state.Record, state.Index, change, now, TimeSpan.Zero, new Router.Configuration.ValidationErrors())!)
            .Should()
            .BeTrue();
    }
}
