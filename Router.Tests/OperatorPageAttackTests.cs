using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Router.Tests;

/// <summary>The operator's page against hostile texts, other sites' pages, and people without the token, in a real browser.</summary>
public sealed class OperatorPageAttackTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => chromium.CloseAsync();

    private const string Token = "0123456789abcdef0123456789abcdef";
    private const string ReadToken = "fedcba9876543210fedcba9876543210";

    // Everything that a page can do to another origin, each with what came of it.
    private const string Foreign = """
        <!DOCTYPE html><html><body><script>
        async function attack(target) {
          const results = {};
          const attempt = async (name, act) => {
            // A browser need not say that it has blocked a frame.
            const late = new Promise(done => setTimeout(done, 5000, "refused"));
            try { results[name] = await Promise.race([act(), late]); } catch { results[name] = "refused"; }
          };
          const json = { "Content-Type": "application/json" };
          const change = JSON.stringify({ mode: "maintenance" });
          for (const path of ["/fleet", "/events", "/mode", "/operator/texts.json", "/openapi.json"]) {
            await attempt("read " + path, async () => (await fetch(target + path)).text());
            await attempt("no-cors " + path, async () => (await (await fetch(target + path, { mode: "no-cors" })).text()) || "refused");
          }
          await attempt("put", async () => (await fetch(target + "/mode", { method: "PUT", headers: json, body: change })).status);
          const post = async (path, body) => (await fetch(target + path, { method: "POST", mode: "no-cors", body })).status || "refused";
          await attempt("post text", () => post("/bypass", "{}"));
          await attempt("reload", () => post("/reload"));
          await attempt("form", () => new Promise(done => {
            const frame = document.body.appendChild(document.createElement("iframe"));
            frame.name = "sent";
            const form = document.body.appendChild(document.createElement("form"));
            Object.assign(form, { method: "post", action: target + "/bypass", enctype: "text/plain", target: "sent" });
            form.innerHTML = '<input name=\'{"for":"1h","x":"\' value=\'"}\'>';
            form.submit();
            setTimeout(done, 1000, "refused");
          }));
          for (const path of ["/", "/mode"]) {
            await attempt("frame " + path, () => new Promise(done => {
              const frame = document.createElement("iframe");
              frame.src = target + path;
              frame.onload = () => { try { done(frame.contentDocument ? "empty" : "refused"); } catch { done("refused"); } };
              document.body.append(frame);
            }));
          }
          await attempt("script", () => new Promise((done, fail) => {
            const script = document.createElement("script");
            Object.assign(script, { src: target + "/operator/view.js", type: "module", onload: () => done("loaded"), onerror: fail });
            document.body.append(script);
          }));
          await attempt("style", () => new Promise((done, fail) => {
            const link = document.createElement("link");
            Object.assign(link, { href: target + "/operator/operator.css", rel: "stylesheet" });
            Object.assign(link, { onload: () => done("loaded"), onerror: fail });
            document.head.append(link);
          }));
          await attempt("events", () => new Promise((done, fail) => {
            const source = new EventSource(target + "/events");
            Object.assign(source, { onmessage: () => done("read"), onopen: () => done("opened"), onerror: fail });
          }));
          await attempt("window", async () => {
            const other = open(target + "/");
            await new Promise(again => setTimeout(again, 1000));
            return other && !other.closed && other.document.body.innerText ? "read" : "refused";
          });
          return JSON.stringify(results);
        }
        </script></body></html>
        """;

    [BrowserFact]
    public async Task A_page_of_another_site_reads_nothing_and_changes_nothing()
    {
        await using var foreign = WireMockBackend.Responding(200, Foreign, ("Content-Type", "text/html"));
        await using var site = await OperatorSite.StartAsync();
        var target = site.Routers[0].ManagementUrl;
        // The operator has the page open in the same browser.
        var page = await site.ShowAsync(chromium);
        var other = await page.Context.NewPageAsync();
        foreach (var host in new[] { "evil.example.org", "localhost" })
        {
            await other.GotoAsync($"http://{host}:{new Uri(foreign.Address).Port}/");

            var results = JsonNode.Parse(await other.EvaluateAsync<string>("target => attack(target)", target))!.AsObject();

            results.Count.Should().BeGreaterThan(15);
            results
                .Where(result => result.Value!.ToString() != "refused")
                .Select(result => $"{result.Key}: {result.Value}")
                .Should()
                .BeEmpty(host);
        }

        // A name of the other site that leads here makes its pages of one origin with it.
        var rebound = await other.GotoAsync($"http://evil.example.org:{new Uri(target).Port}/");
        rebound!.Status.Should().Be(421);
        using var operators = new OperatorClient(target);
        var (_, fleet) = await operators.SendAsync("GET", "/fleet");
        fleet["version"]!.GetValue<long>().Should().Be(1, "nothing was changed");
        await Assertions.Expect(page.Locator(".banner h1")).ToContainTextAsync("live");
    }

    [BrowserFact]
    public async Task Names_reasons_and_paths_are_text_whatever_they_contain()
    {
        const string hostile = "</q><img src=x onerror=hacked=1><script>hacked=1</script>{{reason}} & \"'`";
        await using var site = await OperatorSite.StartAsync(("Pages:ServiceName", "<b onclick=hacked=1>Shop</b>"));
        using var operators = new OperatorClient(site.Routers[0].ManagementUrl);
        var page = await site.ShowAsync(chromium);
        await site.WriteAsync(1, "/<script>hacked=1</script>/%3Cimg%20src=x%20onerror=hacked=1%3E");
        var change = new JsonObject
        {
            ["mode"] = "read-only",
            ["reason"] = hostile,
            ["by"] = hostile,
            ["ticket"] = hostile,
        };
        (await operators.SendAsync("PUT", "/mode", change.ToJsonString())).Status.Should().Be(200);
        await Assertions
            .Expect(page.Locator(".reason"))
            .ToContainTextAsync("<img src=x onerror=hacked=1>", new() { Timeout = OperatorSite.Timeout });
        // The mode is in force now.
        (await operators.SendAsync("POST", "/bypass", new JsonObject { ["note"] = hostile, ["by"] = hostile }.ToJsonString()))
            .Status.Should()
            .Be(201);

        await Assertions.Expect(page.Locator("section:has(#bypasses)")).ToContainTextAsync("<script>hacked=1</script>");
        await Assertions.Expect(page.Locator("header")).ToContainTextAsync("<b onclick=hacked=1>Shop</b>");
        (await page.Locator("#page img, #page script, #page [onclick]").CountAsync()).Should().Be(0);
        (await page.EvaluateAsync<bool>("'hacked' in window")).Should().BeFalse();
        await Chromium.KeepAsync(page, "operator-hostile");
    }

    [BrowserFact]
    public async Task The_token_is_requested_once_and_is_in_no_cookie_and_no_address()
    {
        await using var site = await OperatorSite.StartAsync(("Management:Token", Token), ("Management:ReadToken", ReadToken));
        var page = await chromium.OpenAsync();
        var addresses = new List<string>();
        page.Request += (_, request) => addresses.Add(request.Url);
        await page.GotoAsync(site.Routers[0].ManagementUrl);
        (await page.InnerTextAsync("body")).Should().NotContain("router-1", "without the token it shows nothing");
        await EnterAsync("wrong-token-wrong-token");
        await EnterAsync(Token);

        await ShownAsync("Change the mode…", 1);
        await page.ReloadAsync();
        await ShownAsync("Change the mode…", 1);
        (await page.Context.CookiesAsync()).Should().BeEmpty();
        addresses.Should().OnlyContain(address => !address.Contains(Token, StringComparison.Ordinal));
        site.Routers[0].LastLines.Should().OnlyContain(line => !line.Contains(Token, StringComparison.Ordinal));
        (await page.EvaluateAsync<string>("JSON.stringify({ ...localStorage })")).Should().NotContain(Token);
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync(site.Routers[0].ManagementUrl);
        await other.Locator("input[type=password]").WaitForAsync();

        (page, _) = (await chromium.OpenAsync(), page);
        await page.GotoAsync(site.Routers[0].ManagementUrl);
        await EnterAsync(ReadToken);
        await ShownAsync("Download the report", 1);
        await ShownAsync("Change the mode…", 0);
        (await page.InnerTextAsync(".actions")).Should().Contain("Your token can only read");

        async Task EnterAsync(string token)
        {
            await page.Locator("input[type=password]").FillAsync(token);
            var sent = page.WaitForResponseAsync(response => response.Url.EndsWith("/events", StringComparison.Ordinal));
            await page.Keyboard.PressAsync("Enter");
            await sent;
        }

        Task ShownAsync(string button, int count) =>
            Assertions
                .Expect(page.GetByRole(AriaRole.Button, new() { Name = button }))
                .ToHaveCountAsync(count, new() { Timeout = OperatorSite.Timeout });
    }
}
