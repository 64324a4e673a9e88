using Router.Cli;
using Router.Hosting;

namespace Router.Tests;

/// <summary>A supervisor restarts what has failed and leaves alone what ended well: an end that nobody asked for is a failure.</summary>
public sealed class UnexpectedStopTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-end-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_host_that_stops_unexpectedly_exits_with_an_error_and_says_so()
    {
        var file = Path.Combine(_directory, "site.json");
        await File.WriteAllTextAsync(file, SiteFile.Of("www.*", "http://www.invalid").Set("Management:Url", "").ToString());
        var options = RunningRouter.Options(file, null) with { AccessLog = Stream.Null, Log = Stream.Null };
        await using var app = await RouterApplication.BuildAsync(options);
        using var signals = new ProcessSignals();
        using var errors = new StringWriter();
        // As a library does that gives up, or a service that the framework stops the host for.
        app.Lifetime.ApplicationStarted.Register(app.Lifetime.StopApplication);

        var exit = await RunCommand.RunAsync(app, options, signals, TextWriter.Null, errors).InTime();

        exit.Should().Be(1);
        errors.ToString().Should().Contain("without having been asked to");
    }
}
