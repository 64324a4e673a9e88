using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Router.Background;
using Router.Configuration;
using Router.Pages;

namespace Router.Tests;

/// <summary>Files that exist and can't be read: at the start one line for each, and at a reload no change.</summary>
public sealed class UnreadableFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-unreadable-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // Permissions do not keep root from reading; a directory in the file's place raises the same exception for everybody.
    public static TheoryData<string> Ways => ["directory", "circular link", "link to nowhere", "gone"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_configuration_that_becomes_unreadable_keeps_the_running_one_and_is_read_when_it_is_readable_again(string way)
    {
        await using var backend = WireMockBackend.RespondingText("still here");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var text = await File.ReadAllTextAsync(router.File);

        Spoil(router.File, way);

        (await router.Log.NextAsync("is not valid; the running one remains in force"))
            .Should()
            .Contain(router.File)
            .And.Contain("can't be read");
        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("still here");
        MetricsText
            .Sum(
                (await router.GetAsync("http://localhost/_metrics")).Body,
                "router_table_reloads_total{otel_scope_name=\"Router\",result=\"refused\""
            )
            .Should()
            .BeGreaterThanOrEqualTo(1);
        Mend(router.File, text);
        await router.Log.NextAsync("The configuration was reloaded");
        router.App.Lifetime.ApplicationStopping.IsCancellationRequested.Should().BeFalse("nothing has stopped it");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Unreadable_pages_languages_and_files_are_errors_and_no_exceptions(string way)
    {
        var languages = Directory.CreateDirectory(Path.Combine(_directory, "languages")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(SitePages.Directory, "languages")))
            File.Copy(file, Path.Combine(languages, Path.GetFileName(file)));
        foreach (var name in new[] { "page.html", "robots.txt", "languages/cy.json" })
            Spoil(Path.Combine(_directory, name), way);
        var errors = new ValidationErrors();

        SitePages.Load(_directory, new SiteFile().Frontend("www").Host("*", "www").ToSettings().Pages, [], errors);
        FixedFile.Load(_directory, "robots.txt", "Router:Hosts:www:File", errors).Should().BeNull();

        errors.All.Select(error => error.Key).Should().Contain(["Router:Pages:Template", "Router:Hosts:www:File"]);
        if (way is not ("gone" or "directory"))
            errors.All.Select(error => error.Key).Should().Contain(Path.Combine(languages, "cy.json"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task At_the_start_it_is_one_line_and_exit_code_2(string way)
    {
        var file = Path.Combine(_directory, "site.json");
        Spoil(file, way);
        foreach (var arguments in new[] { new[] { "--config", file }, ["check", "--config", file] })
        {
            var (code, _, errors) = await Tool.RunWithoutUrlAsync(arguments);

            code.Should().Be(2);
            errors
                .TrimEnd()
                .Split('\n')
                .Should()
                .HaveCount(2, errors)
                .And.Contain(line =>
                    line.Contains(file, StringComparison.Ordinal) && line.Contains("can't be read", StringComparison.Ordinal)
                );
        }
    }

    [Fact]
    public async Task Background_work_that_fails_goes_on_and_is_logged_once()
    {
        var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        var failures = new BackgroundFailures(loggers.CreateLogger<BackgroundFailures>());
        var clock = new ManualClock();
        using var work = new FailingWork(failures, clock);

        await work.StartAsync(default);
        while (work.Rounds < 3)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        work.ExecuteTask!.IsCompleted.Should().BeFalse();
        await work.StopAsync(default);
        failures.Counts.Should().ContainSingle().Which.Work.Should().Be(nameof(FailingWork));
        failures.Counts.Single().Count.Should().BeGreaterThanOrEqualTo(2);
        (await log.NextAsync(nameof(FailingWork))).Should().StartWith("Error");
        log.Count.Should().Be(0, "the same error is no news");
    }

    [Fact]
    public async Task No_background_service_of_the_host_can_end_it()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"));

        router
            .App.Services.GetServices<IHostedService>()
            .OfType<BackgroundService>()
            .Should()
            .AllSatisfy(service =>
                (service is BackgroundLoop or Switching.StoreWatcher)
                    .Should()
                    .BeTrue($"{service} would end the host with its first exception")
            );
    }

    private static void Spoil(string path, string way)
    {
        File.Delete(path);
        switch (way)
        {
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "circular link":
                File.CreateSymbolicLink(path, path);
                break;
            case "link to nowhere":
                File.CreateSymbolicLink(path, path + ".nowhere");
                break;
        }
    }

    private static void Mend(string path, string text)
    {
        if (Directory.Exists(path))
            Directory.Delete(path);
        File.Delete(path);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path);
    }

    private sealed class FailingWork(BackgroundFailures failures, TimeProvider time) : BackgroundLoop(failures, time)
    {
        private int _rounds;

        public int Rounds => Volatile.Read(ref _rounds);

        protected override Task RunAsync(CancellationToken stopping)
        {
            Interlocked.Increment(ref _rounds);
            throw new InvalidOperationException("broken");
        }
    }
}
