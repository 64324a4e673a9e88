using Microsoft.Playwright;

namespace Router.Tests.Harness;

/// <summary>The system's Chromium without a window, for which every host of <c>example.org</c> is this machine.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where the program is; null where it is not installed.</summary>
    public static string? Program { get; } = Programs.Find("chromium", "chromium-browser", "google-chrome");

    /// <summary>Where what was seen is kept, beside the tests.</summary>
    public static string Screenshots { get; } =
        Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "TestResults", "screenshots")).FullName;

    public async Task InitializeAsync()
    {
        if (Program is null)
            return;
        // It sets the console's encoding, for which the framework takes the console's lock and then the writers', and a thread that is just
        // writing a line of the log wants them the other way round: both wait for ever. Writers that were set are left alone.
        Console.SetOut(Console.Out);
        Console.SetError(Console.Error);
        _playwright = await Playwright.CreateAsync();
        // A container has no other user than root and little shared memory.
        _browser = await _playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = Program,
                Args = ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.example.org 127.0.0.1"],
            }
        );
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A page of a visitor whom nothing connects with others.</summary>
    internal async Task<IPage> OpenAsync(BrowserNewContextOptions? options = null)
    {
        var context = await _browser!.NewContextAsync(options);
        context.SetDefaultTimeout((float)Deadlines.Limit.TotalMilliseconds);
        return await context.NewPageAsync();
    }
}

/// <summary>
/// A test that needs a browser: skipped with a word where there is none, but for <c>ROUTER_CI=1</c>, where it must be there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium.Program is null && Environment.GetEnvironmentVariable("ROUTER_CI") != "1")
            Skip = "Chromium is not installed; on Debian: apt-get install chromium";
    }
}
