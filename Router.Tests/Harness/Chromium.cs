using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Router.Tests.Harness;

/// <summary>The system's Chromium without a window, for which every host of <c>example.org</c> is this machine.</summary>
public sealed class Chromium : IAsyncLifetime
{
    // Each window of the address bar's suggestions, which nobody sees here, is a process of its own, and so is a spare page: two thirds of
    // the browser's processor time. Of two such lists the last one counts, so the others are those that Playwright disables.
    private const string Features =
        "WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess,"
        + "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,DialMediaRouteProvider,GlobalMediaControls,HttpsUpgrades,"
        + "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,BlockOriginHeaderModificationOnRedirect,"
        + "AvoidCorsURLLoaderRestartOnRedirect,Translate,AutoDeElevate,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled";

    private static readonly string? Screenshots =
        Environment.GetEnvironmentVariable("ROUTER_SCREENSHOTS") == "1"
            ? Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "TestResults", "screenshots")).FullName
            : null;

    // All test classes use one browser: each starts with a second of processor time.
    private static readonly SemaphoreSlim Turn = new(1);
    private static IPlaywright? _playwright;
    private static IBrowser? _browser;
    private static int _users;

    private readonly ConcurrentQueue<IBrowserContext> _contexts = [];

    /// <summary>Where the program is; null where it is not installed.</summary>
    public static string? Program { get; } = Programs.Find("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome");

    public async Task InitializeAsync()
    {
        if (Program is null)
            return;
        await Turn.WaitAsync();
        try
        {
            if (_users++ == 0)
                await LaunchAsync(Program);
        }
        finally
        {
            Turn.Release();
        }
    }

    public async Task DisposeAsync()
    {
        if (Program is null)
            return;
        await Turn.WaitAsync();
        try
        {
            if (--_users > 0)
                return;
            await _browser!.DisposeAsync();
            _playwright!.Dispose();
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Whether <c>ROUTER_SCREENSHOTS=1</c> asks for screenshots.</summary>
    internal static bool KeepsScreenshots => Screenshots is not null;

    /// <summary>A page of a visitor whom nothing connects with others.</summary>
    internal async Task<IPage> OpenAsync(BrowserNewContextOptions? options = null)
    {
        var context = await _browser!.NewContextAsync(options);
        _contexts.Enqueue(context);
        context.SetDefaultTimeout((float)Deadlines.Limit.TotalMilliseconds);
        return await context.NewPageAsync();
    }

    /// <summary>Keeps a screenshot where <c>ROUTER_SCREENSHOTS=1</c> asks for it: it takes long, and no test goes by it.</summary>
    internal static async Task KeepAsync(IPage page, string name)
    {
        if (Screenshots is not null)
            await page.ScreenshotAsync(new() { Path = Path.Combine(Screenshots, $"{name}.png"), FullPage = true });
    }

    /// <summary>Closes the pages of a test at its end. One that is left open goes on working.</summary>
    public async Task CloseAsync()
    {
        while (_contexts.TryDequeue(out var context))
            await context.CloseAsync();
    }

    private static async Task LaunchAsync(string program)
    {
        // It sets the console's encoding, for which the framework takes the console's lock and then the writers', and a thread that is just
        // writing a line of the log wants them the other way round: both wait for ever. Writers that were set are left alone.
        Console.SetOut(Console.Out);
        Console.SetError(Console.Error);
        _playwright = await Playwright.CreateAsync();
        // A container has no other user than root and little shared memory.
        _browser = await _playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = program,
                Args =
                [
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--host-resolver-rules=MAP *.example.org 127.0.0.1",
                    $"--disable-features={Features}",
                ],
            }
        );
    }
}
