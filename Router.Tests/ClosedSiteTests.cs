using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Router.Configuration;
using Router.Modes;
using Router.Pages;

namespace Router.Tests;

/// <summary>What a closed site says, and to whom.</summary>
public sealed class ClosedSiteTests(ClosedSiteTests.Closed closed, ClosedSiteTests.ClosedForAnHour closedForAnHour)
    : IClassFixture<ClosedSiteTests.Closed>,
        IClassFixture<ClosedSiteTests.ClosedForAnHour>
{
    private const string Browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    // 22:00 UTC on Thursday 1 January 2026.
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task The_page_says_when_the_service_is_back_since_when_it_is_away_why_and_whom_to_contact()
    {
        await using var router = await ClosedAsync(
            Site()
                .Set("Pages:ServiceName", "Digital & more")
                .Set("Pages:Contact", "help@example.org")
                .Set("Pages:TimeZone", "Europe/Paris"),
            until: TimeSpan.FromMinutes(90),
            reason: "We <move> to a new database"
        );

        var page = (await PageAsync(router)).Body;

        page.Should()
            .Contain("<h1>Sorry, the service is unavailable</h1>")
            .And.Contain("<title>Sorry, the service is unavailable - Digital &amp; more</title>")
            .And.Contain("We expect the service to be back by 12:30am on Friday 2 January 2026 (Paris).")
            .And.Contain("The service has been unavailable since 11pm on Thursday 1 January 2026 (Paris).")
            .And.Contain("<p lang=\"en\" dir=\"auto\">We &lt;move&gt; to a new database</p>")
            .And.Contain("""contact <a href="mailto:help@example.org">help@example.org</a>.""");
    }

    [Fact]
    public async Task What_is_not_announced_is_left_out_with_its_line()
    {
        var page = (await PageAsync(closed.Router)).Body;

        page.Should()
            .Contain("Try again later.")
            .And.NotContain("dir=\"auto\"")
            .And.NotContain("contact")
            .And.NotContain("<p></p>")
            .And.NotContain("{{");
    }

    [Fact]
    public async Task When_the_announced_end_has_passed_the_page_says_that_it_takes_longer()
    {
        await using var router = await ClosedAsync(Site(), until: TimeSpan.FromMinutes(30));
        (await PageAsync(router)).Body.Should().Contain("by 10:30pm on");

        _clock.Advance(TimeSpan.FromMinutes(30));

        (await PageAsync(router)).Body.Should().Contain("This is taking longer than expected").And.NotContain("10:30pm");
    }

    [Theory]
    [InlineData("cy", "cy")]
    [InlineData("cy-GB,cy;q=0.9,en;q=0.8", "cy")]
    [InlineData("en-GB,en;q=0.9,cy;q=0.8", "en")]
    [InlineData("en;q=0.1, cy;q=0.2", "cy")]
    [InlineData("fr, de;q=0.9", "en")]
    [InlineData("cym", "en")]
    [InlineData("cy;q=0", "en")]
    [InlineData("", "en")]
    public async Task The_page_is_in_the_language_that_the_reader_prefers(string accepted, string language)
    {
        var reply = await PageAsync(closedForAnHour.Router, ("Accept-Language", accepted));

        reply.Value("Content-Language").Should().Be(language);
        reply
            .Body.Should()
            .Contain($"<html lang=\"{language}\"")
            .And.Contain(language == "cy" ? "erbyn 11pm ddydd Iau 1 Ionawr 2026 (UTC)" : "by 11pm on Thursday 1 January 2026 (UTC)");
        reply.Value("Vary").Should().Contain("Accept-Language");
    }

    [Fact]
    public async Task Texts_colours_and_language_come_from_the_configuration()
    {
        await using var router = await ClosedAsync(
            Site().Set("Pages:Language", "cy").Set("Pages:Texts:cy:closed.title", "Ar gau").Set("Pages:Colours:Accent", "#00703c")
        );

        var page = (await PageAsync(router)).Body;

        page.Should().Contain("<h1>Ar gau</h1>").And.Contain("--accent: #00703c").And.Contain("Rhowch gynnig arall arni");
    }

    [Theory]
    [InlineData("cy", null, "cy")]
    [InlineData("cy", "en-GB", "en-GB")]
    [InlineData("en", "ar", "ar")]
    public async Task The_reason_has_the_language_of_those_who_write_reasons(string language, string? ofReasons, string marked)
    {
        var site = Site().Set("Pages:Language", language);
        if (ofReasons is not null)
            site.Set("Pages:ReasonLanguage", ofReasons);
        await using var router = await ClosedAsync(site, reason: "a & b");

        // The page itself is in the language that the client asks for.
        (await router.GetAsync("http://www.example.org/", ("Accept", Browser), ("Accept-Language", "en")))
            .Body.Should()
            .Contain("<html lang=\"en\"")
            .And.Contain($"<p lang=\"{marked}\" dir=\"auto\">a &amp; b</p>");
    }

    [Fact]
    public async Task A_host_may_have_its_own_page_for_all_of_Routers_responses()
    {
        var own = $"own-{Guid.NewGuid():N}.html";
        await File.WriteAllTextAsync(Path.Combine(SitePages.Directory, own), "<h2>{{title}}</h2>\n<i>{{reason}}</i>\n<b>{{when}}</b>\n");
        await using var router = await ClosedAsync(Site().Set("Hosts:www.*:PageTemplate", own), reason: "a & b");

        (await PageAsync(router))
            .Body.Should()
            .Be("<h2>Sorry, the service is unavailable</h2>\n<i>a &amp; b</i>\n<b>Try again later.</b>\n");
        (await PageAsync(router, "http://www.example.org/admin")).Body.Should().Be("<h2>You do not have access to this page</h2>\n");
        (await PageAsync(router, "http://unknown.example.org/")).Body.Should().StartWith("<!DOCTYPE html>");
    }

    [Fact]
    public async Task The_page_for_a_POST_says_that_nothing_was_saved_and_never_reloads()
    {
        var sent = await closed.Router.SendAsync("POST", "http://www.example.org/form", new StringContent("a=b"), ("Accept", Browser));
        var asked = await PageAsync(closed.Router);

        sent.Body.Should().Contain("What you sent was not saved and nothing was changed.").And.NotContain("id=\"again\"");
        asked.Body.Should().NotContain("What you sent").And.Contain("id=\"again\"");
    }

    [Theory]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    public async Task A_safe_method_sends_nothing_that_could_be_saved(string method)
    {
        var reply = await closed.Router.SendAsync(method, "http://www.example.org/form", null, ("Accept", Browser));

        reply.Status.Should().Be(503);
        reply.Body.Should().NotContain("What you sent");
    }

    [Fact]
    public async Task A_program_reads_that_nothing_was_forwarded_and_all_that_is_known_of_the_window()
    {
        await using var router = await ClosedAsync(Site(), until: TimeSpan.FromMinutes(90), reason: "restore");

        var reply = await router.SendAsync("POST", "http://api.example.org/things", new StringContent("{}"));
        var problem = JsonNode.Parse(reply.Body)!;

        reply.Value("Content-Type").Should().Be("application/problem+json");
        problem["forwarded"]!.GetValue<bool>().Should().BeFalse();
        (problem["type"]!.ToString(), problem["status"]!.GetValue<int>(), problem["mode"]!.ToString(), problem["reason"]!.ToString())
            .Should()
            .Be(("urn:router:closed", 503, "maintenance", "restore"));
        problem["until"]!.GetValue<DateTimeOffset>().Should().Be(_clock.GetUtcNow().AddMinutes(90));
        problem["detail"]!.ToString().Should().Contain("not saved").And.Contain("by 11:30pm");
    }

    [Fact]
    public async Task The_response_to_a_cut_request_says_that_it_was_forwarded_and_the_outcome_is_unknown()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(new SiteFile().Api("api", backend.Address).Host("api.*", "api"));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST /save HTTP/1.1\r\nHost: api.example.org\r\nContent-Length: 0\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        router.Switch(ModeCatalogue.Closed, cutAfter: TimeSpan.Zero);

        var problem = JsonNode.Parse((await client.ReadMessageAsync())!.Body)!;
        problem["outcome"]!.ToString().Should().Be("unknown");
        problem["forwarded"].Should().BeNull();
        problem["detail"]!.ToString().Should().Contain("may or may not have been saved");
    }

    [Fact]
    public async Task In_read_only_the_page_does_not_say_that_the_service_is_away()
    {
        await using var router = await RunningRouter.StartAsync(Site().Mode("read-only"), _clock);

        var sent = await router.SendAsync("POST", "http://www.example.org/form", new StringContent("a=b"), ("Accept", Browser));

        sent.Status.Should().Be(503);
        sent.Body.Should()
            .Contain("Sorry, nothing can be saved at the moment")
            .And.Contain("You can still look at everything")
            .And.NotContain("unavailable");
    }

    [Theory]
    // the request: path, Sec-Fetch-Dest, Accept; the type of the response
    [InlineData("/", "document", Browser, "text/html")]
    [InlineData("/", "iframe", Browser, "text/html")]
    [InlineData("/", null, Browser, "text/html")]
    [InlineData("/", null, null, "text/html")]
    [InlineData("/", null, "*/*", "text/plain")]
    [InlineData("/", null, "text/plain", "text/plain")]
    [InlineData("/", null, "application/json", "application/problem+json")]
    [InlineData("/", null, "application/json;q=0.5, text/html;q=0.4", "application/problem+json")]
    [InlineData("/", null, "application/json;q=0.4, text/html;q=0.5", "text/html")]
    [InlineData("/", "empty", "*/*", "application/problem+json")]
    [InlineData("/", "empty", "text/html, */*", "text/html")]
    [InlineData("/static/site", "style", "text/css,*/*;q=0.1", null)]
    [InlineData("/static/site", "script", "*/*", null)]
    [InlineData("/static/site", "image", "image/avif,image/webp,*/*;q=0.8", null)]
    [InlineData("/static/site", "font", "*/*", null)]
    [InlineData("/static/site", "worker", "*/*", null)]
    [InlineData("/static/site", "serviceworker", "*/*", null)]
    [InlineData("/static/site", null, "text/css,*/*;q=0.1", null)]
    [InlineData("/static/site", null, "image/webp,image/*,*/*;q=0.8", null)]
    [InlineData("/static/site.css", null, "*/*", null)]
    [InlineData("/static/SITE.JS", null, "*/*", null)]
    [InlineData("/static/site.css", null, null, null)]
    [InlineData("/static/site.css", "document", Browser, "text/html")]
    public async Task The_form_suits_the_client(string path, string? destination, string? accept, string? type)
    {
        var headers = new List<(string, string)>();
        if (destination is not null)
            headers.Add(("Sec-Fetch-Dest", destination));
        if (accept is not null)
            headers.Add(("Accept", accept));

        var reply = await closed.Router.GetAsync($"http://www.example.org{path}", [.. headers]);

        (reply.Status, reply.Value("X-Router-Closed"), reply.Value("Content-Type")?.Split(';')[0]).Should().Be((503, "1", type));
        reply.Value("Vary").Should().Be("Accept, Accept-Encoding, Accept-Language, Sec-Fetch-Dest");
        if (type is null)
            (reply.Body, reply.Value("Content-Length")).Should().Be(("", "0"));
        else if (type == "text/plain")
            reply.Body.Should().StartWith("Sorry, the service is unavailable\n\nTry again later.").And.EndWith("\n").And.NotContain("<");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("OPTIONS")]
    [InlineData("PROPFIND")]
    public async Task Nothing_of_the_closed_site_is_kept_by_a_cache_or_cut_into_ranges(string method)
    {
        var reply = await closed.Router.SendAsync(
            method,
            "http://www.example.org/",
            null,
            ("Accept", Browser),
            ("Range", "bytes=0-9"),
            ("If-None-Match", "*")
        );

        reply.Status.Should().Be(503);
        reply.Value("Cache-Control").Should().Be("no-store");
        foreach (var header in new[] { "ETag", "Last-Modified", "Expires", "Age", "Accept-Ranges", "Content-Range" })
            reply.Values(header).Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, 0, 48, 72)]
    [InlineData(10, 0, 48, 72)]
    [InlineData(600, 0, 480, 720)]
    [InlineData(600, 590, 48, 72)]
    [InlineData(600, 700, 48, 72)]
    [InlineData(36_000, 0, 2880, 4320)]
    public async Task Retry_After_points_to_the_announced_end_spread_out_and_within_bounds(int? until, int passed, int min, int max)
    {
        await using var router = await ClosedAsync(Site(), until is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        _clock.Advance(TimeSpan.FromSeconds(passed));

        var drawn = new HashSet<int>();
        for (var i = 0; i < 40; i++)
            drawn.Add(
                int.Parse(
                    (await router.GetAsync("http://www.example.org/")).Value("Retry-After")!,
                    System.Globalization.CultureInfo.InvariantCulture
                )
            );

        drawn.Should().OnlyContain(value => value >= min && value <= max);
        drawn.Count.Should().BeGreaterThan(5, "clients that come back all at once are a second outage");
    }

    [Theory]
    [InlineData("br, gzip", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip;q=1, br;q=0.5", "gzip")]
    [InlineData("br;q=0, gzip", "gzip")]
    [InlineData("*", "br")]
    [InlineData("identity", null)]
    public async Task The_page_is_compressed_as_the_client_accepts_and_HEAD_says_the_same(string accepted, string? coding)
    {
        using var response = await closed.Router.BeginAsync(
            "GET",
            "http://www.example.org/",
            null,
            ("Accept", Browser),
            ("Accept-Encoding", accepted)
        );
        var head = await closed.Router.SendAsync(
            "HEAD",
            "http://www.example.org/",
            null,
            ("Accept", Browser),
            ("Accept-Encoding", accepted)
        );

        var bytes = await response.Content.ReadAsByteArrayAsync();
        (response.Content.Headers.ContentEncoding.SingleOrDefault(), head.Value("Content-Encoding")).Should().Be((coding, coding));
        head.Value("Content-Length").Should().Be($"{bytes.Length}");
        head.Body.Should().BeEmpty();
        using Stream read = coding switch
        {
            "br" => new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress),
            "gzip" => new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress),
            _ => new MemoryStream(bytes),
        };
        (await new StreamReader(read, Encoding.UTF8).ReadToEndAsync())
            .Should()
            .Contain("Sorry, the service is unavailable")
            .And.EndWith("</html>\n");
    }

    [Fact]
    public async Task Scripts_of_allowed_origins_read_the_response_and_their_preflight_succeeds()
    {
        await using var router = await ClosedAsync(Site().Set("Pages:AllowedOrigins", "https://www.example.org, https://app.example.org"));

        var preflight = await router.SendAsync(
            "OPTIONS",
            "http://api.example.org/things",
            null,
            ("Origin", "https://app.example.org"),
            ("Access-Control-Request-Method", "PUT"),
            ("Access-Control-Request-Headers", "x-token")
        );
        var reply = await router.SendAsync(
            "PUT",
            "http://api.example.org/things",
            new StringContent("{}"),
            ("Origin", "https://app.example.org")
        );

        (preflight.Status, preflight.Value("Access-Control-Allow-Methods"), preflight.Value("Access-Control-Allow-Headers"))
            .Should()
            .Be((204, "PUT", "x-token"));
        foreach (var response in new[] { preflight, reply })
        {
            response.Value("Access-Control-Allow-Origin").Should().Be("https://app.example.org");
            response.Value("Access-Control-Allow-Credentials").Should().Be("true");
            response.Value("Vary").Should().Contain("Origin");
        }

        reply.Status.Should().Be(503);
        reply.Value("Access-Control-Expose-Headers").Should().Contain("Retry-After");
    }

    [Theory]
    [InlineData("https://evil.example.com")]
    [InlineData("null")]
    [InlineData("https://www.example.org.evil.example.com")]
    public async Task Scripts_of_other_origins_read_nothing(string origin)
    {
        await using var router = await ClosedAsync(Site().Set("Pages:AllowedOrigins", "https://www.example.org"));

        var preflight = await router.SendAsync(
            "OPTIONS",
            "http://api.example.org/",
            null,
            ("Origin", origin),
            ("Access-Control-Request-Method", "PUT")
        );

        preflight.Status.Should().Be(503);
        preflight.Headers.Should().NotContain(header => header.Name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("http://www.example.org/robots.txt")]
    [InlineData("http://api.example.org/robots.txt")]
    [InlineData("http://unknown.example.org/robots.txt")]
    public async Task Crawlers_get_a_robots_txt_from_every_host_of_a_closed_site(string url)
    {
        var reply = await closed.Router.GetAsync(url);

        (reply.Status, reply.Value("Content-Type"), reply.Body).Should().Be((200, "text/plain", "User-agent: *\nDisallow:\n"));
        (await closed.Router.SendAsync("HEAD", url)).Status.Should().Be(200);
        (await closed.Router.SendAsync("POST", url)).Status.Should().Be(503);
    }

    [Fact]
    public async Task The_errors_of_an_open_site_are_of_the_same_family()
    {
        await using var router = await RunningRouter.StartAsync(Site().Set("Pages:ServiceName", "Marketplace"));

        foreach (
            var (url, status, title) in new[]
            {
                ("http://unknown.example.org/", 404, "Heb ddod o hyd i’r dudalen"),
                ("http://www.example.org/admin", 403, "Nid oes gennych fynediad i’r dudalen hon"),
                ("http://www.example.org/", 502, "Mae’n ddrwg gennym, mae problem gyda’r gwasanaeth"),
            }
        )
        {
            var page = await PageAsync(router, url, ("Accept-Language", "cy"));
            (page.Status, page.Value("Content-Language")).Should().Be((status, "cy"));
            page.Body.Should()
                .Contain($"<h1>{WebUtility.HtmlEncode(title)}</h1>")
                .And.Contain("<p>Marketplace</p>")
                .And.NotContain("id=\"again\"");
            (await router.GetAsync(url, ("Sec-Fetch-Dest", "style"))).Body.Should().BeEmpty();
            (await router.GetAsync(url, ("Accept", "*/*"))).Body.Should().NotContain("<");
        }
    }

    [Theory]
    [InlineData("Pages:TimeZone", "Europe/Cardif", "Router:Pages:TimeZone")]
    [InlineData("Pages:Language", "fr", "Router:Pages:Language")]
    [InlineData("Pages:Template", "mine.html", "Router:Pages:Template")]
    [InlineData("Pages:Template", "../appsettings.json", "Router:Pages:Template")]
    [InlineData("Hosts:www.*:PageTemplate", "mine.html", "Router:Hosts:www.*:PageTemplate")]
    [InlineData("Pages:Texts:fr:closed.title", "x", "Router:Pages:Texts:fr")]
    [InlineData("Pages:Texts:en:closed.titel", "x", "Router:Pages:Texts:en:closed.titel")]
    [InlineData("Pages:Colours:Accent", "red", "Router:Pages:Colours:Accent")]
    [InlineData("Pages:Colours:Text", "#999999", "Router:Pages:Colours:Text")]
    [InlineData("Pages:AllowedOrigins", "https://www.example.org/", "Router:Pages:AllowedOrigins")]
    [InlineData("Pages:AllowedOrigins", "*", "Router:Pages:AllowedOrigins")]
    [InlineData("Pages:Servicename2", "x", "Router:Pages:Servicename2")]
    public void An_invalid_value_is_an_error_that_names_its_key(string key, string value, string named)
    {
        var error = Site().Set(key, value).Read().Errors.Should().ContainSingle().Subject;

        error.Key.Should().Be(named);
        error.Hint.Should().NotBeEmpty();
    }

    [Fact]
    public void Another_language_is_one_more_file_and_a_missing_text_is_an_error_that_names_it()
    {
        var directory = Directory.CreateTempSubdirectory("router-languages-").FullName;
        var shipped = Path.Combine(SitePages.Directory, "languages");
        File.Copy(Path.Combine(shipped, "en.json"), Path.Combine(directory, "en.json"));
        var french = JsonNode.Parse(File.ReadAllText(Path.Combine(shipped, "en.json")))!;
        french["texts"]!.AsObject().Remove("time.am");
        french["texts"]!["time.am"] = "";
        File.WriteAllText(Path.Combine(directory, "fr.json"), french.ToJsonString());
        var errors = new ValidationErrors();
        var settings = Site().ToSettings().Pages;

        var languages = Language.Load(directory, settings, errors);

        errors.All.Should().BeEmpty();
        languages.Select(language => language.Tag).Should().Equal("en", "fr");
        languages[1]
            .Time(_clock.GetUtcNow(), TimeZoneInfo.Utc)
            .Should()
            .StartWith("22:00 on Thursday", "a language without words for the halves of the day counts to 24");
        languages[0].Time(_clock.GetUtcNow().AddHours(2), TimeZoneInfo.Utc).Should().StartWith("midnight on Friday 2 January 2026");

        french["texts"]!.AsObject().Remove("cut.sent");
        File.WriteAllText(Path.Combine(directory, "fr.json"), french.ToJsonString());
        Language.Load(directory, settings, errors);
        errors.All.Should().ContainSingle().Which.ToString().Should().Contain("fr.json").And.Contain("lacks cut.sent");
        Directory.Delete(directory, recursive: true);
    }

    private static SiteFile Site() =>
        new SiteFile()
            .Frontend("www", "http://127.0.0.1:9")
            .Api("api", "http://127.0.0.1:9")
            .Host("www.*", "www")
            .Host("api.*", "api")
            .Path("www.*", "/admin", refuse: true);

    private static Task<Reply> PageAsync(RunningRouter router, params (string Name, string Value)[] headers) =>
        PageAsync(router, "http://www.example.org/", headers);

    private static Task<Reply> PageAsync(RunningRouter router, string url, params (string Name, string Value)[] headers) =>
        router.GetAsync(url, [("Accept", Browser), .. headers]);

    private Task<RunningRouter> ClosedAsync(SiteFile site, TimeSpan? until = null, string? reason = null) =>
        ClosedAsync(_clock, site, until, reason);

    private static async Task<RunningRouter> ClosedAsync(ManualClock clock, SiteFile site, TimeSpan? until = null, string? reason = null)
    {
        var router = await RunningRouter.StartAsync(site, clock);
        var now = clock.GetUtcNow();
        router
            .Modes()
            .Offer(
                new ModeRecord
                {
                    Version = new(2),
                    Written = now,
                    Steps =
                    [
                        new ModeStep
                        {
                            Mode = ModeCatalogue.Closed,
                            At = now,
                            Made = new(2),
                            WindowBegins = now,
                            Until = until is { } span ? now + span : null,
                            Reason = reason,
                        },
                    ],
                }
            )
            .Should()
            .BeTrue();
        return router;
    }

    /// <summary>A closed site that no case changes.</summary>
    public class Closed : IAsyncLifetime
    {
        private protected virtual TimeSpan? Until => null;

        internal RunningRouter Router { get; private set; } = null!;

        public async Task InitializeAsync() => Router = await ClosedAsync(new ManualClock(), Site(), Until);

        public async Task DisposeAsync() => await Router.DisposeAsync();
    }

    /// <summary>The same with an announced end, at 23:00 UTC.</summary>
    public sealed class ClosedForAnHour : Closed
    {
        private protected override TimeSpan? Until => TimeSpan.FromHours(1);
    }
}
