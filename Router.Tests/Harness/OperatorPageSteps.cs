using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Tests.Harness;

/// <summary>What an operator does with the page, and sees on it.</summary>
internal static class OperatorPageSteps
{
    public const string Banner = ".banner h1";
    public const string Verdict = ".verdict h2";

    /// <summary>Waits until an element has a text.</summary>
    public static async Task ReadsAsync(IPage page, string selector, string text, ILocator? after = null)
    {
        if (after is not null)
            await after.WaitForAsync();
        await Expect(page.Locator(selector).First).ToContainTextAsync(text, new() { Timeout = OperatorSite.Timeout });
    }

    /// <summary>Clicks the button with a text.</summary>
    public static Task ClickAsync(IPage page, string button) => page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();

    /// <summary>Fills in a change of the mode up to its dry run.</summary>
    public static async Task PrepareAsync(IPage page, string mode, string operatorName)
    {
        await ClickAsync(page, "Change the mode…");
        await page.Locator($"input[value={mode}]").CheckAsync();
        await page.GetByLabel("Your name").FillAsync(operatorName);
        await ClickAsync(page, "Show what would happen");
        await page.GetByLabel("Type its name").WaitForAsync();
    }

    /// <summary>Types the stage's name and makes the change.</summary>
    public static async Task ConfirmAsync(IPage page, string button)
    {
        await page.GetByLabel("Type its name").FillAsync("production");
        await page.Locator(".confirm").GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
    }

    /// <summary>
    /// At three widths nothing sticks out, and in both colour schemes axe finds nothing. The layout does not depend on the scheme: only
    /// screenshots are of all six.
    /// </summary>
    public static async Task SeeAsync(IPage page, string name)
    {
        (ColorScheme, int)[] looks =
        [
            (ColorScheme.Light, 375),
            .. Chromium.KeepsScreenshots
                ? [(ColorScheme.Light, 1280), (ColorScheme.Dark, 375), (ColorScheme.Dark, 2560)]
                : ((ColorScheme, int)[])[],
            (ColorScheme.Light, 2560),
            (ColorScheme.Dark, 1280),
        ];
        foreach (var (scheme, width) in looks)
        {
            var what = $"{name} {width} {scheme}";
            await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            await page.SetViewportSizeAsync(width, width == 375 ? 800 : width * 9 / 16);
            await Chromium.KeepAsync(page, $"operator-{what.ToLowerInvariant().Replace(' ', '-')}");
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(width, what);
            // The preview is the visitors' page, in a sandbox without scripts; BrowserTests look at it.
            if ((width, scheme) is (375, ColorScheme.Light) or (1280, ColorScheme.Dark))
                (await page.ViolationsAsync(except: "iframe")).Should().BeEmpty(what);
        }

        await page.SetViewportSizeAsync(1280, 720);
    }
}
